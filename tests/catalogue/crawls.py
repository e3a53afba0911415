"""A small crawl of our own, in the national format."""

from __future__ import annotations

import gzip
import json
import lzma
from pathlib import Path
from typing import Any


def crawled(code: str = "1.900001", **changes: Any) -> dict[str, Any]:
    """A whole record; some fields changed."""
    method = {
        "channel": "trực tiếp", "time_value": 5, "time_unit": "WORKING_DAY", "note": "",
        "fees": [{"type": "FEE", "kind": "phí", "amount": 30000, "currency": "VND", "note": ""}],
    }  # fmt: skip
    return {
        "code": code, "name": f"Thủ tục mẫu số {code}", "field": "Hộ tịch", "level": ["xã"], "agency": "UBND cấp xã",
        "promulgated_code": "G15", "type": "STANDARD", "decision_no": "1/QĐ-BTP", "decision_date": "2026-01-02",
        "steps": [{"name": "Bước 1", "text": "Nộp hồ sơ."}, {"name": "Bước 2", "text": "Nhận kết quả."}],
        "documents": [{"case": "", "name": "Tờ khai mẫu", "originals": 1, "copies": 0, "forms": []}],
        "methods": [method], "conditions": "Có mặt khi nộp.", "result": ["Giấy mẫu"],
        "legal_basis": [{"code": "1/2026/NĐ-CP", "name": "Nghị định mẫu"}], "forms": ["TK-01.docx"],
        "online_level": "một phần", "flags": [], "crawl_date": "2026-07-18",
    } | changes  # fmt: skip


def write_crawl(file: Path, *records: dict[str, Any] | bytes) -> Path:
    """One line a record, packed as the file's name says; bytes are written as they are."""
    lines = [r if isinstance(r, bytes) else json.dumps(r, ensure_ascii=False).encode() for r in records]
    pack = {".xz": lzma.compress, ".gz": gzip.compress}.get(file.suffix, bytes)
    file.write_bytes(pack(b"".join(line + b"\n" for line in lines)))
    return file
