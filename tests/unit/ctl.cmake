unit_test(ctl ctl)
unit_test(report report)
unit_test(utf8 base)
