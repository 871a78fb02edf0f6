#pragma once

/* What libsodium calls where it is used wrongly, as libsodium itself has it: the process ends. Its own is in one object file with
   `sodium_init`, which links every cipher that libsodium has: a third of this pusher. An HMAC needs neither. */
void sodium_misuse(void) __attribute__((noreturn));
