#pragma once

#include <string>

namespace offhook::io {

// What errno means, in the system's words: "Address already in use".
[[nodiscard]] std::string describe_errno(int error);

}  // namespace offhook::io
