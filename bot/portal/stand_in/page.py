"""The page of the stand-in: plain HTML for whoever tries the assistant out; usable on a phone of 360 pixels."""

from __future__ import annotations

from datetime import date
from html import escape
from urllib.parse import quote

from pydantic import ValidationError

from bot.portal.stand_in import moves
from bot.portal.stand_in.faults import AUTH, FAULTS, NAMES
from bot.portal.stand_in.register import Switches
from bot.portal.stand_in.samples import STATUSES, Charge, Sample, Supplement

DOSSIER_PATH = "/ho-so/"
WARNING = "Dữ liệu mẫu để tập dùng – không phải hồ sơ thật"
NO_STATUS = "(cổng để trống)"
STYLE = """
:root{color-scheme:light}
body{margin:0;font:1rem/1.5 system-ui,sans-serif;color:#1c2430;background:#f4f6f8;overflow-wrap:anywhere}
.sample{background:#7a4b00;color:#fff;padding:.6rem 1rem;font-weight:600;text-align:center}
.fault{background:#a01818;color:#fff;padding:.6rem 1rem}
.fault a{color:#fff}
main{max-width:46rem;margin:0 auto;padding:0 1rem 3rem}
h1{font-size:1.4rem;margin:1rem 0 .5rem}h2{font-size:1.1rem;margin:0 0 .5rem}
section,li.card{background:#fff;border:1px solid #cfd6de;border-radius:.5rem;padding:.9rem;margin:.8rem 0}
ul{list-style:none;padding:0;margin:0}
dl{margin:0;display:grid;grid-template-columns:minmax(6.5rem,auto) 1fr;gap:.3rem .8rem}dt{color:#4a5664}dd{margin:0}
a{color:#0b4f9e}
.status{font-weight:600}.late{color:#a01818;font-weight:600}
label{display:block;margin:.5rem 0 .2rem;font-weight:600}
input,select,textarea{font:inherit;width:100%;box-sizing:border-box;padding:.5rem;border:1px solid #6b7785;
 border-radius:.3rem;background:#fff;color:inherit;min-height:2.75rem}
input[type=checkbox]{width:1.4rem;min-height:1.4rem;vertical-align:middle;margin-right:.5rem}
button{font:inherit;margin-top:.7rem;padding:.5rem 1rem;min-height:2.75rem;border:0;border-radius:.3rem;
 background:#0b4f9e;color:#fff;font-weight:600}
button.quiet{background:#fff;color:#a01818;border:1px solid #a01818}
:focus-visible{outline:3px solid #e0a100;outline-offset:2px}
"""


def dossiers(samples: list[Sample], switches: Switches, today: date) -> str:
    """The first page: every sample, a box for another code, the faults."""
    cards = "".join(_card(sample, today) for sample in samples)
    return _page(
        "Cổng mẫu để tập dùng",
        f"<p>Nhắn mã hồ sơ cho Một Cửa, rồi nhắn bốn số cuối điện thoại ghi ở đây. "
        f'<a href="#faults">Thử lúc cổng hư</a></p>'
        f'<section><h2>Mở mã khác</h2><form method="get" action="/"><label for="code">Mã hồ sơ</label>'
        f'<input id="code" name="code" placeholder="H19.99-261101-000001" required><button>Mở</button></form></section>'
        f"<h2>Hồ sơ mẫu</h2><ul>{cards}</ul>{_faults_form(switches)}"
        f'<section><h2>Làm lại từ đầu</h2><p>Bỏ mọi thay đổi, tắt mọi lỗi.</p><form method="post" action="/">'
        f'<button class="quiet" name="do" value="reset">Trả về như ban đầu</button></form></section>',
        switches,
    )


def dossier(sample: Sample, switches: Switches, today: date, problem: str = "") -> str:
    """One dossier, and the forms that move it along; ``problem`` is a sentence about the last try."""
    said = f'<p class="late" role="alert">{escape(problem)}</p>' if problem else ""
    body = f'<p><a href="/">Về danh sách</a></p>{said}<section>{_facts(sample, today)}</section>{_forms(sample)}'
    return _page(sample.code, body, switches)


def missing(code: str) -> str:
    """No such dossier."""
    return _page(
        "Không có hồ sơ này",
        f"<p>Cổng mẫu không có mã {escape(code[:80])}.</p>"
        f"<p>Mã tự tạo viết như H19.99-261101-000001. Ngày trong mã không được sau hôm nay.</p>"
        f'<p><a href="/">Về danh sách</a></p>',
        None,
    )


def in_words(error: ValueError) -> str:
    """A sentence for the page."""
    if isinstance(error, ValidationError):
        return "Nội dung yêu cầu bổ sung còn trống, hoặc dài quá 1.000 chữ."
    text = str(error)
    return text if text.endswith(".") else "Trạng thái chưa đúng. Chọn một trong mười trạng thái."


def _page(title: str, body: str, switches: Switches | None) -> str:
    fault = ""
    if switches and switches.fault:
        name = escape(_fault_name(switches.fault))
        fault = f'<div class="fault" role="status">Đang bật lỗi: {name}. <a href="/#faults">Sửa</a></div>'
    return (
        f'<!DOCTYPE html><html lang="vi"><head><meta charset="utf-8"><title>{escape(title)} · Dữ liệu mẫu</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{STYLE}</style></head><body>'
        f'<div class="sample">{WARNING}</div>{fault}<main><h1>{escape(title)}</h1>{body}</main></body></html>'
    )


def _card(sample: Sample, today: date) -> str:
    return (
        f'<li class="card"><a href="{DOSSIER_PATH}{quote(sample.code)}"><strong>{escape(sample.code)}</strong></a>'
        f'<br><span class="status">{escape(sample.portal_status or NO_STATUS)}</span>{_lateness(sample, today)}'
        f"<br>{escape(_short(sample.procedure_name))}<br>{escape(sample.office)}"
        f"<br>Bốn số cuối: <strong>{_ends(sample)}</strong></li>"
    )


def _facts(sample: Sample, today: date) -> str:
    rows = {
        "Trạng thái": f'<span class="status">{escape(sample.portal_status or NO_STATUS)}</span>',
        "Thủ tục": f"{escape(sample.procedure_name)} ({escape(sample.procedure)})",
        "Nơi giải quyết": escape(sample.office),
        "Ngày nộp": _day(sample.applied),
        "Tiếp nhận": _day(sample.received),
        "Hẹn trả": _day(sample.appointment) + _lateness(sample, today),
        "Ngày xong": _day(sample.finished),
        "Ngày trả": _day(sample.returned),
        "Bổ sung": "<br>".join(_supplement(one) for one in sample.supplements),
        "Phải đóng": "<br>".join(_charge(one) for one in sample.charges),
        "Bốn số cuối": _ends(sample),
        "Cập nhật lúc": f"{sample.renewed:%H:%M %d/%m/%Y}",
    }
    return "<dl>" + "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in rows.items() if value) + "</dl>"


def _supplement(one: Supplement) -> str:
    until = f" (hạn {_day(one.until)})" if one.until else ""
    return f"{_day(one.asked)}: {escape(one.text)}{until}"


def _charge(one: Charge) -> str:
    amount = "chưa ghi số tiền" if one.amount is None else f"{one.amount:,} đồng".replace(",", ".")
    return f"{escape(one.name)}: {amount}, {'đã đóng' if one.paid else 'chưa đóng'}"


def _forms(sample: Sample) -> str:
    after = moves.NEXT.get(sample.status)
    forward = (
        f'<button name="do" value="next">Chuyển sang: {STATUSES[after]}</button>'
        if after
        else "<p>Hồ sơ đã hết đường đi. Muốn thử tiếp thì chọn trạng thái khác ở dưới.</p>"
    )
    choices = "".join(
        f'<option value="{number}"{" selected" if number == sample.status else ""}>{number}. {name}</option>'
        for number, name in STATUSES.items()
    )
    due = sample.appointment.isoformat() if sample.appointment else ""
    return (
        _form(sample, "Bước tiếp theo", forward)
        + _form(
            sample, "Đổi trạng thái",
            f'<label for="status">Trạng thái</label><select id="status" name="status">{choices}</select>'
            f'<button name="do" value="status">Đổi</button>',
        )
        + _form(
            sample, "Yêu cầu bổ sung",
            '<label for="text">Cần bổ sung gì</label>'
            '<textarea id="text" name="text" rows="3" maxlength="1000" required></textarea>'
            '<label for="until">Hạn bổ sung</label><input id="until" name="until" type="date">'
            '<label for="new_due">Ngày hẹn trả mới (nếu đổi)</label><input id="new_due" name="new_due" type="date">'
            '<button name="do" value="supplement">Gửi yêu cầu</button>',
        )
        + _form(
            sample, "Ngày hẹn trả",
            f'<label for="due">Ngày (để trống là chưa hẹn)</label><input id="due" name="due" type="date" value="{due}">'
            f'<button name="do" value="due">Ghi ngày hẹn</button>',
        )
    )  # fmt: skip


def _form(sample: Sample, title: str, inside: str) -> str:
    action = f"{DOSSIER_PATH}{quote(sample.code)}"
    return f'<section><h2>{title}</h2><form method="post" action="{action}">{inside}</form></section>'


def _faults_form(switches: Switches) -> str:
    choices = '<option value="">Không có lỗi</option>' + "".join(
        f'<option value="{name}"{" selected" if name == switches.fault else ""}>{escape(_fault_name(name))}</option>'
        for name in NAMES
    )
    phone = " checked" if switches.phone else ""
    return (
        f'<section id="faults"><h2>Thử lúc cổng hư</h2><form method="post" action="/">'
        f'<label for="fault">Lỗi</label><select id="fault" name="fault">{choices}</select>'
        f'<label for="latency_ms">Chậm bao nhiêu mili giây (khi chọn trả lời chậm)</label>'
        f'<input id="latency_ms" name="latency_ms" type="number" min="0" max="60000" value="{switches.latency_ms}">'
        f'<label for="token_seconds">Token sống bao nhiêu giây</label>'
        f'<input id="token_seconds" name="token_seconds" type="number" min="1" max="3600" '
        f'value="{switches.token_seconds}">'
        f'<label><input type="checkbox" name="phone" value="1"{phone}>iGate có trả về số điện thoại</label>'
        f'<button name="do" value="switch">Ghi lại</button></form></section>'
    )


def _fault_name(name: str) -> str:
    plain = name.removeprefix(AUTH)
    return f"{name}: {'khi xin token, ' if plain != name else ''}{FAULTS[plain]}"


def _ends(sample: Sample) -> str:
    return "cổng không ghi" if "no_applicant" in sample.shapes else sample.phone_ends


def _lateness(sample: Sample, today: date) -> str:
    due = sample.appointment
    return ' <span class="late">· quá ngày hẹn</span>' if due and due < today and sample.finished is None else ""


def _day(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else ""


def _short(name: str) -> str:
    return name if len(name) <= 110 else name[:107].rsplit(" ", 1)[0] + " …"
