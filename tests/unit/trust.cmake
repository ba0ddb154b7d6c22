# The room trust/.
unit_test(trust_judge trust certs platform base)
