#include "app/secret.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace offhook::app {
namespace {

class PasswordFileTest : public testing::Test {
 protected:
  PasswordFileTest() {
    std::string name = (std::filesystem::temp_directory_path() / "offhook-test-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  ~PasswordFileTest() override { std::filesystem::remove_all(directory_); }

  [[nodiscard]] std::string path() const { return (directory_ / "password").string(); }
  Result<std::string> read(const std::string& content, mode_t mode = 0600) const {
    std::ofstream(path()) << content;
    ::chmod(path().c_str(), mode);
    return read_password_file(path());
  }

  std::filesystem::path directory_;
};

TEST_F(PasswordFileTest, IsReadWithoutItsLineEnd) {
  EXPECT_EQ(read("swordfish\n").value(), "swordfish");
  EXPECT_EQ(read("with space", 0400).value(), "with space");
}

TEST_F(PasswordFileTest, MustNotBeReadableByOthers) {
  for (const mode_t mode : {0640U, 0604U, 0660U, 0601U, 0644U}) {
    EXPECT_EQ(read("swordfish", mode).error().message,
              "the password file " + path() + " can be read by others; run: chmod 600 " + path());
  }
}

TEST_F(PasswordFileTest, MustHoldOnePassword) {
  EXPECT_TRUE(read("\n").error().message.ends_with("is empty; it must hold the password"));
  EXPECT_TRUE(
      read("one\ntwo").error().message.ends_with("must hold the password and nothing else"));
  EXPECT_TRUE(read(std::string(256, 'x')));
  EXPECT_FALSE(read(std::string(257, 'x')));
}

TEST_F(PasswordFileTest, MustExistAndBeAFile) {
  EXPECT_TRUE(read_password_file(path()).error().message.ends_with("No such file or directory"));
  EXPECT_TRUE(read_password_file(directory_.string()).error().message.ends_with("is not a file"));
}

TEST_F(PasswordFileTest, IsNamedInAnErrorButNeverShown) {
  for (const auto& result : {read("swordfish", 0644), read("swordfish\nsalmon", 0600)}) {
    EXPECT_FALSE(result.error().message.contains("swordfish"));
  }
}

}  // namespace
}  // namespace offhook::app
