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

// For the configuration of a gateway under load: the shipped limits are those of one person.
inline constexpr const char* kDialWithoutLimits =
    "[dial]\ncalls_at_once = 10000\ncalls_a_minute = 60000\n";

// What starts it; writes its configuration first. `offhook` is the program, `more` further lines of
// the configuration.
[[nodiscard]] std::vector<std::string> demo_command(const std::string& offhook,
                                                    const std::string& more = "");

}  // namespace offhook::bench
