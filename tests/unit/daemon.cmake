unit_test(client_hello daemon)
unit_test(warnings daemon)
fuzz_target(client_hello daemon)
