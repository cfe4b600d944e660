#pragma once

namespace offhook {

// For std::visit with one lambda an alternative.
template <typename... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

}  // namespace offhook
