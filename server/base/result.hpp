#pragma once

#include <expected>
#include <string>
#include <utility>

namespace offhook {

// What went wrong with something the network, a file or a person gave us, as a sentence for a person.
struct Error {
  std::string message;
};

template <typename T, typename E = Error>
using Result = std::expected<T, E>;

[[nodiscard]] inline std::unexpected<Error> failure(std::string message) {
  return std::unexpected(Error{std::move(message)});
}

}  // namespace offhook
