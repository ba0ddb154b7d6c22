"""Writing mailstored.conf from Python values, in libconfig's grammar."""


def text(value, depth=0):
    pad = "    " * depth
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'
    if isinstance(value, dict):
        inner = "".join(f"{pad}    {name} = {text(v, depth + 1)};\n" for name, v in value.items())
        return "{\n" + inner + pad + "}"
    if isinstance(value, tuple):  # libconfig's list: groups, or values of several types
        return "( " + ", ".join(text(v, depth + 1) for v in value) + " )"
    if isinstance(value, list):  # libconfig's array: values of one type
        return "[ " + ", ".join(text(v, depth) for v in value) + " ]"
    raise TypeError(f"no libconfig form for {value!r}")


def configuration(settings):
    return "".join(f"{name} = {text(value)};\n" for name, value in settings.items())
