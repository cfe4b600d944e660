#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace offhook::app {

class TomlDocument;

// Reads the keys of one table of a configuration file. What is wrong is reported to the document,
// with its line; what is absent leaves the setting as it is.
class TomlTable {
 public:
  // `to_value` makes a Result<T> of the text; its error says what was expected.
  template <typename Setting, typename ToValue>
  void text(std::string_view key, Setting& setting, ToValue&& to_value) {
    if (const auto value = string_at(key)) take(key, setting, to_value(value->text), value->line);
  }
  // An array, which replaces the setting's default and has at least so many elements.
  template <typename T, typename ToValue>
  void texts(std::string_view key, std::vector<T>& setting, ToValue&& to_value,
             std::size_t least = 1) {
    const auto values = strings_at(key, least);
    if (!values) return;
    setting.clear();
    for (const Value& value : *values) {
      T element{};
      take(key, element, to_value(value.text), value.line);
      setting.push_back(std::move(element));
    }
  }
  template <typename T>
  void number(std::string_view key, T& setting, std::int64_t lowest, std::int64_t highest) {
    if (const auto value = number_at(key, lowest, highest)) setting = static_cast<T>(*value);
  }
  void boolean(std::string_view key, bool& setting);
  void require(std::initializer_list<std::string_view> keys);
  // After all others: every key that was not asked for is an error.
  void no_others();

  // An absent table is empty.
  [[nodiscard]] TomlTable table(std::string_view key);
  // [[key]], in their order.
  [[nodiscard]] std::vector<TomlTable> tables(std::string_view key);

 private:
  friend class TomlDocument;
  struct Value {
    std::string text;
    std::uint32_t line = 0;
  };
  TomlTable(TomlDocument& document, const void* table, std::string name)
      : document_(&document), table_(table), name_(std::move(name)) {}

  template <typename Setting, typename T>
  void take(std::string_view key, Setting& setting, Result<T> value, std::uint32_t line) {
    if (value) {
      setting = std::move(*value);
    } else {
      report(key, value.error().message, line);
    }
  }
  [[nodiscard]] std::optional<Value> string_at(std::string_view key);
  [[nodiscard]] std::optional<std::vector<Value>> strings_at(std::string_view key,
                                                             std::size_t least);
  [[nodiscard]] std::optional<std::int64_t> number_at(std::string_view key, std::int64_t lowest,
                                                      std::int64_t highest);
  void report(std::string_view key, std::string_view problem, std::uint32_t line);

  TomlDocument* document_;
  const void* table_;  // null: absent
  std::string name_;   // "[http]", "" for the root
  std::vector<std::string> known_;
};

class TomlDocument {
 public:
  [[nodiscard]] static Result<TomlDocument> parse(std::string_view toml, std::string_view file);
  TomlDocument(TomlDocument&&) noexcept;
  ~TomlDocument();

  [[nodiscard]] TomlTable root();
  // The one that stands first in the file, as "FILE:LINE: ...".
  [[nodiscard]] std::optional<Error> first_error() const;

 private:
  friend class TomlTable;
  struct Impl;
  explicit TomlDocument(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace offhook::app
