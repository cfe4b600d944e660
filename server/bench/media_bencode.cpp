#include "bench/media_bencode.hpp"

#include <optional>

#include "base/text.hpp"

namespace offhook::bench {
namespace {

std::string encode(const std::string& value) { return std::to_string(value.size()) + ":" + value; }

std::optional<std::string> take_string(std::string_view& rest) {
  const std::size_t colon = rest.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto size = parse_decimal<std::uint32_t>(rest.substr(0, colon));
  if (!size || rest.size() - colon - 1 < *size) return std::nullopt;
  std::string taken(rest.substr(colon + 1, *size));
  rest.remove_prefix(colon + 1 + *size);
  return taken;
}

// A number, or a list or dictionary with all that it holds.
bool skip(std::string_view& rest) {
  int depth = 0;
  do {
    if (rest.empty()) return false;
    if (rest.front() == 'i') {
      const std::size_t end = rest.find('e');
      if (end == std::string_view::npos) return false;
      rest.remove_prefix(end + 1);
    } else if (rest.front() == 'l' || rest.front() == 'd') {
      ++depth;
      rest.remove_prefix(1);
    } else if (rest.front() == 'e') {
      --depth;
      rest.remove_prefix(1);
    } else if (!take_string(rest)) {
      return false;
    }
  } while (depth > 0);
  return true;
}

}  // namespace

BencodeDictionary& BencodeDictionary::add(const std::string& key, const std::string& value) {
  encoded_[key] = encode(value);
  return *this;
}

BencodeDictionary& BencodeDictionary::add_list(const std::string& key,
                                               const std::vector<std::string>& values) {
  std::string& list = encoded_[key] = "l";
  for (const std::string& value : values) list += encode(value);
  list += 'e';
  return *this;
}

std::string BencodeDictionary::text() const {
  std::string text = "d";
  for (const auto& [key, value] : encoded_) text += encode(key) + value;
  return text + 'e';
}

std::map<std::string, std::string> bencode_strings(std::string_view text) {
  std::map<std::string, std::string> strings;
  if (!text.starts_with('d')) return strings;
  text.remove_prefix(1);
  while (!text.empty() && text.front() != 'e') {
    const auto key = take_string(text);
    if (!key || text.empty()) break;
    if (text.front() >= '0' && text.front() <= '9') {
      const auto value = take_string(text);
      if (!value) break;
      strings[*key] = *value;
    } else if (!skip(text)) {
      break;
    }
  }
  return strings;
}

}  // namespace offhook::bench
