#include "http/static_files.hpp"

#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>

#include "base/limits.hpp"

namespace offhook::http {
namespace {

namespace fs = std::filesystem;

std::string header(const Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "";
}

class StaticFilesTest : public testing::Test {
 protected:
  StaticFilesTest() {
    std::string name = (fs::temp_directory_path() / "offhook-web-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    root_ = name;
    write("index.html", "<p>page</p>");
    write("assets/app-1a2b.js", "let a");
    write("assets/app-1a2b.js.br", "br!");
    write("assets/app-1a2b.js.gz", "gz!");
  }
  ~StaticFilesTest() override { fs::remove_all(root_); }

  void write(const std::string& name, std::string_view content) const {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name, std::ios::binary) << content;
  }
  [[nodiscard]] StaticFiles read() const { return StaticFiles::read(root_).value(); }

  fs::path root_;
};

TEST_F(StaticFilesTest, ServesTheIndexToBeAskedForEachTime) {
  const Response response = read().respond("/", "", "");
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(*response.body, "<p>page</p>");
  EXPECT_EQ(header(response, "Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(header(response, "Cache-Control"), "no-cache");
}

TEST_F(StaticFilesTest, ServesHashedFilesForEver) {
  const Response response = read().respond("/assets/app-1a2b.js", "", "");
  EXPECT_EQ(*response.body, "let a");
  EXPECT_EQ(header(response, "Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(header(response, "Cache-Control"), "public, max-age=31536000, immutable");
}

TEST_F(StaticFilesTest, ServesTheSmallestVariantThatTheBrowserTakes) {
  const StaticFiles files = read();
  const auto encoding = [&](std::string_view accept) {
    const Response response = files.respond("/assets/app-1a2b.js", accept, "");
    EXPECT_EQ(header(response, "Vary"), "Accept-Encoding");
    return header(response, "Content-Encoding") + ":" + *response.body;
  };
  EXPECT_EQ(encoding("gzip, deflate, br, zstd"), "br:br!");
  EXPECT_EQ(encoding("gzip, deflate"), "gzip:gz!");
  EXPECT_EQ(encoding("GZIP;q=0.5"), "gzip:gz!");
  EXPECT_EQ(encoding("br;q=0, gzip"), "gzip:gz!");
  EXPECT_EQ(encoding("br; q=0.000"), ":let a");
  EXPECT_EQ(encoding("brotli"), ":let a");
  EXPECT_EQ(encoding(""), ":let a");
}

TEST_F(StaticFilesTest, AnswersNotModifiedToTheSameVariantOnly) {
  const StaticFiles files = read();
  const std::string path = "/assets/app-1a2b.js";
  const std::string plain = header(files.respond(path, "", ""), "ETag");
  const std::string brotli = header(files.respond(path, "br", ""), "ETag");
  EXPECT_NE(plain, brotli);
  const Response unchanged = files.respond(path, "br", "\"other\", W/" + brotli);
  EXPECT_EQ(unchanged.status, 304U);
  EXPECT_EQ(unchanged.body, nullptr);
  EXPECT_EQ(header(unchanged, "ETag"), brotli);
  EXPECT_EQ(files.respond(path, "br", plain).status, 200U);
  EXPECT_EQ(files.respond(path, "br", "*").status, 304U);
}

TEST_F(StaticFilesTest, LeadsNowhereElse) {
  write(".env", "secret");
  write(".git/config", "secret");
  fs::create_symlink("/etc/passwd", root_ / "link.txt");
  fs::create_directory_symlink("/etc", root_ / "etc");
  const StaticFiles files = read();
  for (const char* path :
       {"/../etc/passwd", "/..%2f..%2fetc/passwd", "/%2e%2e/etc/passwd", "/etc/passwd", "/link.txt",
        "/.env", "/.git/config", "//index.html", "/assets", "/assets/", "/assets/app-1a2b.js.br",
        "/index.html/", "\\index.html", ""}) {
    EXPECT_EQ(files.respond(path, "", "").status, 404U) << path;
  }
}

TEST_F(StaticFilesTest, SaysWhatIsMissing) {
  fs::remove(root_ / "index.html");
  EXPECT_EQ(StaticFiles::read(root_).error().message,
            "there is no index.html in " + root_.string());
  const auto nowhere = StaticFiles::read(root_ / "nowhere");
  EXPECT_TRUE(nowhere.error().message.starts_with("cannot read the page in "))
      << nowhere.error().message;
}

TEST_F(StaticFilesTest, RefusesOneFileTooMany) {
  for (std::size_t i = 2; i < limits::kWebFiles; ++i) write("f" + std::to_string(i), "");
  EXPECT_TRUE(StaticFiles::read(root_));
  write("one-more", "");
  EXPECT_TRUE(StaticFiles::read(root_).error().message.starts_with("the page is too large"));
}

}  // namespace
}  // namespace offhook::http
