#include "app/toml_table.hpp"

#include <algorithm>

// Debian's library is built with exceptions, so this file, the only one that includes toml++, takes
// it as headers.
#undef TOML_SHARED_LIB
#undef TOML_HEADER_ONLY
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

namespace offhook::app {

struct TomlDocument::Impl {
  std::string file;
  toml::table table;
  std::string error;
  std::uint32_t error_line = 0;
};

namespace {

const toml::table* as_table(const void* table) { return static_cast<const toml::table*>(table); }

std::string located(std::string_view file, std::uint32_t line, std::string_view message) {
  return std::string(file) + ":" + std::to_string(line) + ": " + std::string(message);
}

}  // namespace

TomlDocument::TomlDocument(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TomlDocument::TomlDocument(TomlDocument&&) noexcept = default;
TomlDocument::~TomlDocument() = default;

Result<TomlDocument> TomlDocument::parse(std::string_view toml, std::string_view file) {
  toml::parse_result parsed = toml::parse(toml);
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    return failure(located(file, error.source().begin.line, error.description()));
  }
  auto impl = std::make_unique<Impl>();
  impl->file = file;
  impl->table = std::move(parsed).table();
  return TomlDocument(std::move(impl));
}

TomlTable TomlDocument::root() { return {*this, &impl_->table, ""}; }

std::optional<Error> TomlDocument::first_error() const {
  if (impl_->error.empty()) return std::nullopt;
  return Error{located(impl_->file, impl_->error_line, impl_->error)};
}

void TomlTable::report(std::string_view key, std::string_view problem, std::uint32_t line) {
  TomlDocument::Impl& document = *document_->impl_;
  if (!document.error.empty() && document.error_line <= line) return;
  document.error_line = line;
  document.error = name_;
  for (const std::string_view part : {key, problem}) {
    if (part.empty()) continue;
    if (!document.error.empty()) document.error += part.data() == problem.data() ? ": " : " ";
    document.error += part;
  }
}

std::optional<TomlTable::Value> TomlTable::string_at(std::string_view key) {
  known_.emplace_back(key);
  const toml::node* node = table_ != nullptr ? as_table(table_)->get(key) : nullptr;
  if (node == nullptr) return std::nullopt;
  if (const auto* text = node->as_string()) return Value{text->get(), node->source().begin.line};
  report(key, "expected a text in quotes", node->source().begin.line);
  return std::nullopt;
}

std::optional<std::vector<TomlTable::Value>> TomlTable::strings_at(std::string_view key,
                                                                   std::size_t least) {
  known_.emplace_back(key);
  const toml::node* node = table_ != nullptr ? as_table(table_)->get(key) : nullptr;
  if (node == nullptr) return std::nullopt;
  std::vector<Value> values;
  const toml::array* array = node->as_array();
  bool is_good = array != nullptr && array->size() >= least;
  for (std::size_t i = 0; is_good && i < array->size(); ++i) {
    const auto* text = array->get(i)->as_string();
    is_good = text != nullptr;
    if (is_good) values.push_back({text->get(), text->source().begin.line});
  }
  if (is_good) return values;
  report(key, "expected a list of texts in quotes, such as [\"...\", \"...\"]",
         node->source().begin.line);
  return std::nullopt;
}

std::optional<std::int64_t> TomlTable::number_at(std::string_view key, std::int64_t lowest,
                                                 std::int64_t highest) {
  known_.emplace_back(key);
  const toml::node* node = table_ != nullptr ? as_table(table_)->get(key) : nullptr;
  if (node == nullptr) return std::nullopt;
  const auto* number = node->as_integer();
  if (number != nullptr && number->get() >= lowest && number->get() <= highest) {
    return number->get();
  }
  report(key, "expected a number from " + std::to_string(lowest) + " to " + std::to_string(highest),
         node->source().begin.line);
  return std::nullopt;
}

void TomlTable::boolean(std::string_view key, bool& setting) {
  known_.emplace_back(key);
  const toml::node* node = table_ != nullptr ? as_table(table_)->get(key) : nullptr;
  if (node == nullptr) return;
  if (const auto* value = node->as_boolean()) {
    setting = value->get();
  } else {
    report(key, "expected true or false", node->source().begin.line);
  }
}

void TomlTable::require(std::initializer_list<std::string_view> keys) {
  if (table_ == nullptr) return;
  for (const std::string_view key : keys) {
    if (!as_table(table_)->contains(key)) {
      report("", "the key " + std::string(key) + " is missing",
             as_table(table_)->source().begin.line);
    }
  }
}

void TomlTable::no_others() {
  if (table_ == nullptr) return;
  for (const auto& [key, value] : *as_table(table_)) {
    if (std::ranges::find(known_, key.str()) != known_.end()) continue;
    std::string expected;
    for (const std::string& known : known_) expected += (expected.empty() ? "" : ", ") + known;
    report("", "unknown key \"" + std::string(key.str()) + "\", expected one of " + expected,
           key.source().begin.line);
  }
}

TomlTable TomlTable::table(std::string_view key) {
  known_.emplace_back(key);
  const toml::node* node = table_ != nullptr ? as_table(table_)->get(key) : nullptr;
  const std::string name = "[" + std::string(key) + "]";
  if (node != nullptr && !node->is_table()) {
    report("", "expected a table " + name, node->source().begin.line);
    node = nullptr;
  }
  return {*document_, node != nullptr ? node->as_table() : nullptr, name};
}

std::vector<TomlTable> TomlTable::tables(std::string_view key) {
  known_.emplace_back(key);
  const toml::node* node = table_ != nullptr ? as_table(table_)->get(key) : nullptr;
  if (node == nullptr) return {};
  const std::string name = "[[" + std::string(key) + "]]";
  const toml::array* array = node->as_array();
  std::vector<TomlTable> tables;
  for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
    if (const toml::table* table = array->get(i)->as_table()) {
      tables.push_back({*document_, table, name});
    } else {
      array = nullptr;
    }
  }
  if (array == nullptr) report("", "expected tables " + name, node->source().begin.line);
  return tables;
}

}  // namespace offhook::app
