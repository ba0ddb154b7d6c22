unit_test(hello_print tls)
