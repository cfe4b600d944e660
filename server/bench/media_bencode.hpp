#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace offhook::bench {

// As much of bencoding as rtpengine's control protocol needs: a dictionary of strings and of lists
// of strings.
class BencodeDictionary {
 public:
  BencodeDictionary& add(const std::string& key, const std::string& value);
  BencodeDictionary& add_list(const std::string& key, const std::vector<std::string>& values);
  [[nodiscard]] std::string text() const;

 private:
  std::map<std::string, std::string> encoded_;  // keys must be in order
};

// The strings of the outermost dictionary; whatever else it holds is skipped. Empty for nonsense.
[[nodiscard]] std::map<std::string, std::string> bencode_strings(std::string_view text);

}  // namespace offhook::bench
