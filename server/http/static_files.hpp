#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "http/message.hpp"

namespace offhook::http {

// The built page, read into memory once: a request is a look-up among the paths that exist, so that
// no path leads anywhere else.
class StaticFiles {
 public:
  // No page: every look-up finds nothing.
  StaticFiles() = default;
  // Reads all regular files below `root`, but for hidden ones and symbolic links; NAME.br and
  // NAME.gz are NAME, compressed. Errors: no index.html there, a file cannot be read, more than
  // limits::kWebFiles or limits::kWebBytes.
  [[nodiscard]] static Result<StaticFiles> read(const std::filesystem::path& root);

  [[nodiscard]] bool empty() const { return files_.empty(); }
  // To GET or HEAD of a path without query; "/" is "/index.html". Compressed as `accept_encoding`
  // allows, 304 where `if_none_match` names what would be sent, 404.
  [[nodiscard]] Response respond(std::string_view path, std::string_view accept_encoding,
                                 std::string_view if_none_match) const;

 private:
  struct Variant {
    std::shared_ptr<const std::string> content;  // null: there is none
    std::string etag;
  };
  struct File {
    Variant plain;
    Variant brotli;
    Variant gzip;
  };
  [[nodiscard]] Result<void> add(const std::filesystem::path& file, const std::string& path);

  std::map<std::string, File, std::less<>> files_;  // by path, with the leading slash
  std::size_t bytes_ = 0;
};

}  // namespace offhook::http
