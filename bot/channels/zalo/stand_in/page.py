"""The pages: a phone to write from, and the consent that an administrator gives. All in Vietnamese."""

from __future__ import annotations

from html import escape

from bot.channels.zalo.stand_in.constants import OA_NAME, WARNING
from bot.channels.zalo.stand_in.faults import MEANINGS


def phone() -> str:
    """The phone, and beside it what the citizen and Zalo do; filled by ``static/phone.js`` from the doors."""
    choices = "".join(
        f'<option value="{name}">{escape(meaning)}</option>' for name, meaning in MEANINGS.items() if name != "error"
    )
    return _page(
        "Điện thoại mẫu",
        f"""
<main>
<section class="who" aria-label="Người dùng">
 <label for="user">Đang là</label><select id="user"></select>
 <p id="window"></p>
 <div class="row"><button type="button" id="follow" class="quiet"></button>
 <button type="button" id="block" class="quiet"></button></div>
</section>
<section class="phone" aria-label="Điện thoại">
 <header><span class="avatar" aria-hidden="true">MC</span>
 <span><strong>{escape(OA_NAME)}</strong><small id="relation"></small></span></header>
 <ol id="talk" aria-live="polite"></ol>
 <p id="problem" role="alert" hidden></p>
 <form id="compose">
  <label class="photo"><span class="away">Gửi </span>Ảnh
  <input type="file" id="photo" accept="image/*"></label>
  <label for="text" class="away">Tin nhắn</label>
  <textarea id="text" rows="1" placeholder="Nhập tin nhắn" required></textarea>
  <button>Gửi</button>
 </form>
</section>
<section class="side" aria-label="Zalo mẫu">
 <h2>Đường gửi về máy trả lời</h2>
 <p id="webhook"></p><p id="delivered"></p>
 <button type="button" id="enable" class="quiet" hidden>Bật lại đường gửi</button>
 <h2>Thử lúc Zalo hư</h2>
 <form id="faults"><label for="fault">Lần gọi kế tiếp</label>
 <select id="fault">{choices}</select><button class="quiet">Đặt lỗi</button></form>
 <p id="set"></p>
 <button type="button" id="calm" class="quiet" hidden>Bỏ hết lỗi</button>
 <h2>Đồng hồ</h2>
 <p id="clock"></p>
 <div class="row"><button type="button" class="quiet" data-forward="90000">Tới 25 giờ</button>
 <button type="button" class="quiet" data-forward="604800">Tới 7 ngày</button></div>
</section>
</main>
<script src="/static/phone.js" defer></script>""",
    )


def consent(redirect: str) -> str:
    """What an administrator of the account is asked."""
    return _page(
        "Cho phép ứng dụng",
        f"""
<main class="narrow"><section class="card">
 <h1>Cho phép ứng dụng?</h1>
 <p>Ứng dụng Một Cửa xin được nhận và gửi tin nhắn thay cho <strong>{escape(OA_NAME)}</strong>.</p>
 <p>Sau khi cho phép, trình duyệt mở địa chỉ:<br><code>{escape(redirect)}</code></p>
 <form method="post"><button>Cho phép</button></form>
</section></main>""",
    )


def refused(code: int, reason: str) -> str:
    """The consent page for a link that Zalo does not take."""
    return _page(
        "Chưa cho phép được",
        f"""
<main class="narrow"><section class="card"><h1>Chưa cho phép được</h1>
 <p>Mã lỗi {code}. Chi tiết cho người cài đặt:</p><p lang="en"><code>{escape(reason)}</code></p>
</section></main>""",
    )


def _page(title: str, body: str) -> str:
    return (
        f'<!DOCTYPE html><html lang="vi"><head><meta charset="utf-8"><title>{escape(title)} · Zalo mẫu</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><link rel="icon" href="data:,">'
        f'<link rel="stylesheet" href="/static/phone.css"></head><body><div class="sample">{WARNING}</div>{body}'
        "</body></html>"
    )
