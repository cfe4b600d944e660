#pragma once

namespace offhook::io {

// Where we were started without standard input, output or error, puts /dev/null there: else the
// next file or socket becomes number 0, 1 or 2, and is written to or replaced as what it is not.
// For the first line of main().
void fill_standard_descriptors();

}  // namespace offhook::io
