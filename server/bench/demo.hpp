#pragma once

#include <string>
#include <vector>

#include "base/endpoint.hpp"

namespace offhook::bench {

// The whole of Offhook with the provider stand-in, on known ports of this machine.
struct Demo {
  Endpoint page;
  Endpoint sip;
  Endpoint trunk;  // the stand-in's
};
[[nodiscard]] const Demo& demo();

// What starts it; writes its configuration first. `offhook` is the program.
[[nodiscard]] std::vector<std::string> demo_command(const std::string& offhook);

}  // namespace offhook::bench
