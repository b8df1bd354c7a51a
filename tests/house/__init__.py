"""The rules of this code, as tests: each rule is a function, shown a planted offence and then the tree."""
