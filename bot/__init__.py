"""Một Cửa: an assistant for public procedures in thành phố Đồng Nai."""

__version__ = "0.1.0"
