#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

namespace offhook::bench {

// One object a line, so that two runs can be compared with diff.
class JsonObject {
 public:
  JsonObject& add(const char* name, double value) {
    char text[64];
    std::snprintf(text, sizeof text, "%.6g", value);
    return add_raw(name, text);
  }
  JsonObject& add(const char* name, std::uint64_t value) {
    return add_raw(name, std::to_string(value));
  }
  JsonObject& add(const char* name, bool value) { return add_raw(name, value ? "true" : "false"); }
  // Our own words, which need no escaping.
  JsonObject& add(const char* name, const std::string& value) {
    return add_raw(name, '"' + value + '"');
  }
  [[nodiscard]] std::string text() const { return "{" + members_ + "}"; }

 private:
  JsonObject& add_raw(const char* name, const std::string& value) {
    if (!members_.empty()) members_ += ", ";
    members_ += '"' + std::string(name) + "\": " + value;
    return *this;
  }
  std::string members_;
};

}  // namespace offhook::bench
