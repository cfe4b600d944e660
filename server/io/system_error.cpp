#include "io/system_error.hpp"

#include <system_error>

namespace offhook::io {

std::string describe_errno(int error) { return std::generic_category().message(error); }

}  // namespace offhook::io
