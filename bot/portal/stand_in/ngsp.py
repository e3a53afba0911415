"""NGSP: the session call and ``TraCuuHoSo``, as portal.md sections 3 and 5 describe them."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from bot.portal.stand_in.samples import ADDRESS, IDENTITY, MAIL, NAME, OFFICER, UNKNOWN, Sample, Supplement, phone_of
from bot.portal.stand_in.wire import Refused, Reply, Request, json_reply
from bot.settings import TIME_ZONE

AUTH_PATH, SEARCH_PATH = "/ngsp/auth", "/ngsp"
USER, SECRET = "motcua", "sample"
SERVICE = "TraCuuHoSo"
UNKNOWN_NUMBER = 17
CHARGE_KINDS = {"phí": "1", "lệ phí": "2", "thuế": "4"}


def check_user(request: Request) -> None:
    """Raises Refused unless the call for a session is as the contract has it."""
    content = request.json()
    if (content.get("username"), content.get("password")) != (USER, SECRET):
        raise Refused(401, "username or password")


def session_reply(session: str, fault: str | None) -> Reply:
    if fault == "wrong_type":
        return json_reply({"error_code": 0, "session": 7})
    if fault == "wrong_shape":
        return json_reply([session])
    if fault == "error_reply":
        return json_reply({"error_code": -1, "message": "Có lỗi xảy ra"})
    if fault in ("empty", "field_missing"):
        return json_reply({"error_code": 0})
    return json_reply({"error_code": 0, "session": session})


def asked_for(request: Request) -> dict[str, str]:
    """Session, unit, service and code of a search. Raises Refused."""
    content = request.json()
    if request.header.get("charset", "").lower() != "utf-8" or not request.header.get("dstcode"):
        raise Refused(400, "the headers Charset: utf-8 and dstcode are required")
    for name in ("session", "madonvi", "service", "mahoso"):
        if not isinstance(content.get(name), str) or not content[name]:
            raise Refused(400, f"{name} is required")
    if content["service"] != SERVICE:
        raise Refused(403, f"{content['service'][:40]} is not open to this client")
    return content


def search_reply(sample: Sample | None, fault: str | None) -> Reply:
    numbers = sample is not None and "number_codes" in sample.shapes
    result: Any = [] if sample is None else [_item(sample)]
    if sample is not None and "result_object" in sample.shapes:
        result = result[0]
    if fault == "wrong_shape":
        return json_reply("ok")
    if fault == "error_reply":
        return json_reply({"error_code": "-1", "message": "Có lỗi xảy ra"})
    if fault == "field_missing":
        return json_reply({"result": result})
    if fault == "wrong_type":
        result = [_wrong(sample.code if sample else "")]
    return json_reply({"error_code": 0 if numbers else "00", "result": result})


def _wrong(code: str) -> dict[str, Any]:
    return {
        "MaHoSo": [code], "TrangThaiHoSo": {"id": 4}, "TenTTHC": 7, "DonViXuLy": ["UBND"], "SoDienThoai": 0,
        "NgayHenTra": {"ngay": 1}, "DanhSachLePhi": "không có", "DanhSachHoSoBoSung": 3,
    }  # fmt: skip


def _item(sample: Sample) -> dict[str, Any]:
    status = UNKNOWN_NUMBER if sample.status == UNKNOWN else sample.status
    known = "no_applicant" not in sample.shapes
    return {
        "MaHoSo": sample.code,
        "MaTTHC": sample.procedure,
        "TenTTHC": sample.procedure_name,
        "MaLinhVuc": "MAU-LV",
        "TenLinhVuc": sample.field,
        "SoBienNhan": "",
        "ChuHoSo": NAME,
        "LoaiDoiTuong": "2" if "business" in sample.shapes else "1",
        "MaDoiTuong": IDENTITY if known else "",
        "ThongTinKhac": ADDRESS if known else "",
        "Email": MAIL if known else "",
        "Fax": "",
        "SoDienThoai": phone_of(sample.phone_ends) if known else "",
        "TrichYeuHoSo": f"{NAME} đề nghị: {sample.procedure_name}",
        "NgayTiepNhan": _stamp(sample.received, 8),
        "NgayHenTra": _stamp(sample.due, 17),
        "TrangThaiHoSo": status if "number_codes" in sample.shapes else str(status),
        "NgayTra": _stamp(sample.returned, 15),
        "ThongTinTra": "",
        "HinhThuc": "0" if sample.method == "Trực tuyến" else "1",
        "NgayKetThucXuLy": _stamp(sample.finished, 15),
        "DonViXuLy": sample.office,
        "GhiChu": f"Cán bộ thụ lý: {OFFICER}",
        "TaiLieuNop": [{"TepDinhKemId": "1", "TenTepDinhKem": "giay-to.pdf", "DuongDanTaiTepTin": "/tep/giay-to.pdf"}],
        "DanhSachLePhi": [
            {
                "TenPhiLePhi": charge.name, "MaPhiLePhi": f"MAU-{place}", "HinhThucThu": "1",
                "Gia": "" if charge.amount is None else str(charge.amount), "LoaiPhiLePhi": CHARGE_KINDS[charge.kind],
                "TrangThaiThanhToan": "1" if charge.paid else "0",
            }
            for place, charge in enumerate(sample.charges, 1)
        ],
        "DanhSachHoSoBoSung": _supplements(sample),
        "DanhSachGiayToKetQua": [],
    }  # fmt: skip


def _supplements(sample: Sample) -> list[dict[str, str]]:
    out, before = [], sample.due
    for number, one in enumerate(sample.supplements, 1):
        out.append({
            "HoSoBoSungId": str(number), "NguoiYeuCauBoSung": OFFICER, "NoiDungBoSung": _in_words(one),
            "NgayBoSung": _stamp(one.asked, 9), "NgayHenTraTruoc": _stamp(before, 17),
            "NgayHenTraMoi": _stamp(one.new_due, 17), "TrangThaiBoSung": "0",
        })  # fmt: skip
        before = one.new_due or before
    return out


def _in_words(one: Supplement) -> str:
    """The text as an officer writes it: the last day stands in it, the contract has no field for it."""
    return f"{one.text} Hạn bổ sung: {one.until:%d/%m/%Y}." if one.until else one.text


def _stamp(day: date | None, hour: int) -> str:
    return datetime.combine(day, time(hour), TIME_ZONE).strftime("%Y%m%d%H%M%S") if day else ""
