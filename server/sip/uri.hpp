#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace offhook::sip {

// One `;name=value` parameter. Names compare without case; an absent value differs from an empty
// one.
struct Parameter {
  std::string name;
  std::optional<std::string> value;
  bool operator==(const Parameter&) const = default;
};

// An ordered list of parameters, as URIs, Via, Contact and the like carry them.
class Parameters {
 public:
  Parameters() = default;
  explicit Parameters(std::vector<Parameter> unique) : items_(std::move(unique)) {}

  [[nodiscard]] bool has(std::string_view name) const;
  // nullopt where absent or without a value.
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const;
  void set(std::string_view name, std::optional<std::string> value = std::nullopt);
  void remove(std::string_view name);
  [[nodiscard]] const std::vector<Parameter>& items() const { return items_; }
  [[nodiscard]] bool empty() const { return items_.empty(); }
  bool operator==(const Parameters&) const = default;

 private:
  std::vector<Parameter> items_;
};

// A sip: or sips: URI (RFC 3261 19.1). `user` is held unescaped and escaped when written; tel: and
// other schemes are refused by parse() (the caller answers 416). Whatever the parts hold, the URI
// written has no byte that ends it or starts another part, and no control character, escaped or not.
struct Uri {
  std::string scheme = "sip";  // lower case: "sip" or "sips"
  std::string user;            // may be empty
  std::string host;            // name or address literal; an IPv6 reference keeps its brackets
  std::optional<std::uint16_t> port;
  Parameters parameters;  // transport, lr, ...
  std::string headers;    // after '?', raw; never written in a Request-URI

  [[nodiscard]] static Result<Uri> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
  void append_to(std::string& out, bool with_headers = true) const;
  // RFC 3261 19.1.4, as far as user, host, port and the parameters user, ttl, method, maddr,
  // transport go.
  [[nodiscard]] bool equivalent(const Uri& other) const;
  bool operator==(const Uri&) const = default;
};

// The header `name` (in any case) of those behind the "?" (RFC 3261 19.1.1), without escapes; the
// first of several. nullopt: there is none.
[[nodiscard]] std::optional<std::string> uri_header(const Uri& uri, std::string_view name);
void add_uri_header(Uri& uri, std::string_view name, std::string_view value);

}  // namespace offhook::sip
