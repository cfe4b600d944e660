#include "app/secret.hpp"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.hpp"
#include "io/file_descriptor.hpp"
#include "io/system_error.hpp"

namespace offhook::app {

namespace {

constexpr std::size_t kLongestPassword = 256;

// From the start of the file; an error where there is nothing or too much.
Result<std::string> read_all(const io::FileDescriptor& fd, const std::string& name) {
  std::array<char, kLongestPassword + 2> buffer{};
  const ssize_t count = ::pread(fd.get(), buffer.data(), buffer.size(), 0);
  if (count < 0) return failure("cannot read " + name + ": " + io::describe_errno(errno));
  std::string password(trim({buffer.data(), static_cast<std::size_t>(count)}));
  if (password.empty()) return failure(name + " is empty; it must hold the password");
  if (password.size() > kLongestPassword || password.find('\n') != std::string::npos) {
    return failure(name + " must hold the password and nothing else");
  }
  return password;
}

}  // namespace

Result<std::string> read_password_file(const std::string& path) {
  const io::FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status{};
  if (!fd || ::fstat(fd.get(), &status) != 0) {
    return failure("cannot read the password file " + path + ": " + io::describe_errno(errno));
  }
  if (!S_ISREG(status.st_mode)) return failure("the password file " + path + " is not a file");
  if (status.st_uid != ::geteuid()) {
    return failure("the password file " + path + " belongs to somebody else; it must be yours");
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return failure("the password file " + path + " can be read by others; run: chmod 600 " + path);
  }
  return read_all(fd, "the password file " + path);
}

Result<std::string> read_secret(int fd) { return read_all(io::FileDescriptor(fd), "the secret"); }

}  // namespace offhook::app
