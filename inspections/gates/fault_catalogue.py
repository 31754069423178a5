"""What is wrong with something that was sent, by the code of its fault: English and Chinese, as a clause.

What was answered stands in English beside it, with its places and numbers: it is kept as it was sent.
"""

from typing import Final

FAULTS: Final[dict[str, tuple[str, str]]] = {
    "body_too_large": ("it is too large", "内容过大"),
    "too_many": ("it holds more than is taken at once", "数量超过一次可接收的上限"),
    "too_long": ("it is longer than is taken", "长度超过上限"),
    "malformed_json": ("it is no valid JSON", "不是有效的JSON"),
    "not_utf8": ("it is no UTF-8", "不是UTF-8编码"),
    "too_deep": ("it is nested too deep", "嵌套过深"),
    "duplicate_key": ("a key stands twice in one object", "同一对象中有重复的键"),
    "missing": ("a field that is required is missing", "缺少必填字段"),
    "unknown_field": ("a field is not known here", "有未知字段"),
    "wrong_type": ("a value is of the wrong type", "值的类型不对"),
    "not_a_choice": ("a value is none of those that can be chosen", "值不在可选范围内"),
    "blank": ("a text is blank", "文本为空"),
    "padded": ("a text begins or ends with a blank", "文本首尾有空格"),
    "control_character": ("a text holds a control character", "文本含控制字符"),
    "no_offset": ("a time has no offset from UTC", "时间缺少与UTC的时差"),
    "bad_time": ("a time cannot be right", "时间有误"),
    "subject": ("it does not say what was tested", "未指明被检对象"),
    "vin_malformed": ("the VIN is none", "VIN无效"),
    "value_type": ("a measured value is no number, text or boolean", "测量值不是数字、文本或布尔值"),
    "duplicate_system": ("a system is named twice", "同一系统写了两次"),
    "duplicate_measurement": ("a characteristic is measured twice at one position", "同一位置的同一特性测了两次"),
    "not_a_test": ("it is no report of a test", "不是检验报告"),
    "reading_broke_off": ("reading it broke off again and again", "读取多次中断"),
}
