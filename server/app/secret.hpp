#pragma once

#include <string>

#include "base/result.hpp"

namespace offhook::app {

// A password from a file that nobody else can read (mode 0600, owned by us) and that holds nothing
// else; a line end behind it does not count. Errors name the file and what to do.
[[nodiscard]] Result<std::string> read_password_file(const std::string& path);

// A secret that the supervisor left in `fd`, which is closed.
[[nodiscard]] Result<std::string> read_secret(int fd);

}  // namespace offhook::app
