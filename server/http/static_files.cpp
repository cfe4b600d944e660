#include "http/static_files.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>

#include <openssl/sha.h>
#include <system_error>

#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"

namespace offhook::http {

namespace fs = std::filesystem;

namespace {

std::string_view content_type(std::string_view path) {
  using Pair = std::pair<std::string_view, std::string_view>;
  static constexpr std::array kTypes = {
      Pair{".html", "text/html; charset=utf-8"},
      Pair{".js", "text/javascript; charset=utf-8"},
      Pair{".css", "text/css; charset=utf-8"},
      Pair{".json", "application/json"},
      Pair{".webmanifest", "application/manifest+json"},
      Pair{".svg", "image/svg+xml"},
      Pair{".png", "image/png"},
      Pair{".ico", "image/x-icon"},
      Pair{".woff2", "font/woff2"},
      Pair{".wav", "audio/wav"},
      Pair{".mp3", "audio/mpeg"},
      Pair{".ogg", "audio/ogg"},
      Pair{".wasm", "application/wasm"},
      Pair{".txt", "text/plain; charset=utf-8"},
      Pair{".map", "application/json"},
  };
  for (const auto& [extension, type] : kTypes) {
    if (path.ends_with(extension)) return type;
  }
  return "application/octet-stream";
}

std::string etag_of(std::string_view content) {
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
  const ByteView bytes = as_bytes(content);
  ::SHA256(bytes.data(), bytes.size(), digest.data());
  constexpr std::size_t kEnough = 16;
  return '"' + to_hex(ByteView(digest).first(kEnough)) + '"';
}

// RFC 9110 12.5.3, as far as browsers use it: "gzip, deflate, br;q=1.0", q=0 for "not this one".
bool accepts(std::string_view accept_encoding, std::string_view coding) {
  return std::ranges::any_of(list_elements(accept_encoding), [&](std::string_view element) {
    const std::string_view name = trim(take_until(element, ';'));
    const std::string_view weight = trim(element);
    const bool refused =
        weight.starts_with("q=0") && weight.find_first_not_of("0.", 2) == std::string_view::npos;
    return equals_ignoring_case(name, coding) && !refused;
  });
}

// RFC 9110 13.1.2: the weak comparison.
bool names(std::string_view if_none_match, std::string_view etag) {
  return std::ranges::any_of(list_elements(if_none_match), [&](std::string_view element) {
    if (element.starts_with("W/")) element.remove_prefix(2);
    return element == "*" || element == etag;
  });
}

}  // namespace

Result<StaticFiles> StaticFiles::read(const fs::path& root) {
  StaticFiles files;
  std::error_code error;
  fs::recursive_directory_iterator entry(root, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    const bool is_hidden = entry->path().filename().native().starts_with('.');
    if (is_hidden) {
      entry.disable_recursion_pending();
    } else if (entry->symlink_status(error).type() == fs::file_type::regular) {
      const std::string path = "/" + entry->path().lexically_relative(root).generic_string();
      if (const Result<void> added = files.add(entry->path(), path); !added) {
        return std::unexpected(added.error());
      }
    }
  }
  if (error) return failure("cannot read the page in " + root.string() + ": " + error.message());
  std::erase_if(files.files_, [](const auto& file) { return !file.second.plain.content; });
  if (!files.files_.contains("/index.html")) {
    return failure("there is no index.html in " + root.string());
  }
  return files;
}

Result<void> StaticFiles::add(const fs::path& file, const std::string& path) {
  std::ifstream stream(file, std::ios::binary);
  auto content = std::make_shared<const std::string>(std::istreambuf_iterator<char>(stream),
                                                     std::istreambuf_iterator<char>());
  if (!stream) return failure("cannot read " + file.string());
  bytes_ += content->size();
  if (bytes_ > limits::kWebBytes || files_.size() >= limits::kWebFiles) {
    return failure("the page is too large: no more than " + std::to_string(limits::kWebFiles) +
                   " files and " + std::to_string(limits::kWebBytes) + " bytes are served");
  }
  std::string etag = etag_of(*content);
  Variant variant{std::move(content), std::move(etag)};
  if (path.ends_with(".br")) {
    files_[path.substr(0, path.size() - 3)].brotli = std::move(variant);
  } else if (path.ends_with(".gz")) {
    files_[path.substr(0, path.size() - 3)].gzip = std::move(variant);
  } else {
    files_[path].plain = std::move(variant);
  }
  return {};
}

Response StaticFiles::respond(std::string_view path, std::string_view accept_encoding,
                              std::string_view if_none_match) const {
  if (path == "/") path = "/index.html";
  const auto found = files_.find(path);
  if (found == files_.end()) return error_response(404, "not_found", "There is no such page.");
  const File& file = found->second;

  Response response;
  response.headers = {{"Content-Type", std::string(content_type(path))},
                      {"Vary", "Accept-Encoding"}};
  // Built files carry a hash of their content in their name; what names them must be asked for each
  // time.
  const bool is_hashed = path.starts_with("/assets/");
  response.headers.emplace_back("Cache-Control",
                                is_hashed ? "public, max-age=31536000, immutable" : "no-cache");
  const Variant* variant = &file.plain;
  if (file.brotli.content && accepts(accept_encoding, "br")) {
    variant = &file.brotli;
    response.headers.emplace_back("Content-Encoding", "br");
  } else if (file.gzip.content && accepts(accept_encoding, "gzip")) {
    variant = &file.gzip;
    response.headers.emplace_back("Content-Encoding", "gzip");
  }
  response.headers.emplace_back("ETag", variant->etag);
  if (names(if_none_match, variant->etag)) {
    response.status = 304;
  } else {
    response.body = variant->content;
  }
  return response;
}

}  // namespace offhook::http
