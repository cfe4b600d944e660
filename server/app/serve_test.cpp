#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/settings.hpp"
#include "app/sip_transport.hpp"
#include "base/test_ports.hpp"
#include "io/event_loop.hpp"
#include "io/file_descriptor.hpp"
#include "io/socket_address.hpp"
#include "io/test_certificates.hpp"
#include "io/udp_socket.hpp"

namespace offhook::app {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

template <typename Condition>
bool eventually(Condition&& condition, std::chrono::seconds patience = 30s) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(10ms);
  }
  return true;
}

// `offhook serve --demo` as real processes, on ports of its own.
class ServeTest : public testing::Test {
 protected:
  ServeTest() {
    std::string name = (fs::temp_directory_path() / "offhook-test-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
    http_port_ = free_ports();
    sip_port_ = free_ports();
    configure("[http]\nlisten = [\"127.0.0.1:" + std::to_string(http_port_) +
              "\"]\n[sip]\nlisten = [\"127.0.0.1:" + std::to_string(sip_port_) +
              "\"]\n[demo]\nprovider = \"127.0.0.1:" + std::to_string(free_ports()) +
              "\"\n[media]\nbrowser_port = " + std::to_string(free_ports()) +
              "\ntrunk_ports = \"30000-30199\"\n[log]\nlevel = \"debug\"\n");
  }
  ~ServeTest() override {
    for (const pid_t pid : children_of_serve()) ::kill(pid, SIGKILL);
    if (serve_ > 0) ::kill(serve_, SIGKILL);
    if (serve_ > 0) ::waitpid(serve_, nullptr, 0);
    if (HasFailure()) std::fprintf(stderr, "%s\n", output().c_str());
    fs::remove_all(directory_);
  }

  void configure(const std::string& toml) const { std::ofstream(config()) << toml; }
  [[nodiscard]] std::string config() const { return (directory_ / "offhook.toml").string(); }
  [[nodiscard]] std::string output() const {
    std::ifstream stream(directory_ / "output");
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  // With all that it prints in output().
  [[nodiscard]] pid_t start(std::vector<std::string> words, bool has_input = true) const {
    words.insert(words.end(), {"--config", config()});
    return start_program("offhook", std::move(words), has_input);
  }
  [[nodiscard]] pid_t start_program(const std::string& name, std::vector<std::string> words,
                                    bool has_input = true) const {
    words.insert(words.begin(), executable_directory() + "/" + name);
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const std::string file = (directory_ / "output").string();
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    const int out = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(out, STDERR_FILENO);
    if (!has_input) ::close(STDIN_FILENO);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  static int exit_status(pid_t pid) {
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  void start_demo(bool has_input = true) {
    serve_ = start({"serve", "--demo"}, has_input);
    ASSERT_TRUE(eventually([&] { return output().contains("Offhook is ready: "); }));
    children_ = children_of_serve();
    ASSERT_EQ(children_.size(), 3U);
  }
  [[nodiscard]] std::vector<pid_t> children_of_serve() const {
    std::vector<pid_t> children = children_;
    const std::string self = std::to_string(serve_);
    std::ifstream list("/proc/" + self + "/task/" + self + "/children");
    std::vector<pid_t> now{std::istream_iterator<pid_t>(list), {}};
    return now.empty() ? children : now;
  }
  // Status line, headers and body.
  [[nodiscard]] std::string get(const std::string& path) const {
    const Endpoint server{IpAddress::parse("127.0.0.1").value(), http_port_};
    const io::FileDescriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const io::SocketAddress address(server);
    const std::string request = "GET " + path + " HTTP/1.1\r\nHost: " + server.to_string() +
                                "\r\nConnection: close\r\n\r\n";
    EXPECT_EQ(::connect(fd.get(), address.data(), address.size()), 0);
    EXPECT_EQ(::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(request.size()));
    std::string answer;
    char buffer[4096];
    ssize_t count = 0;
    while ((count = ::recv(fd.get(), buffer, sizeof buffer, 0)) > 0) {
      answer.append(buffer, static_cast<std::size_t>(count));
    }
    return answer;
  }
  static bool is_running(pid_t pid) { return ::kill(pid, 0) == 0; }
  [[nodiscard]] bool is_anyone_left() const { return std::ranges::any_of(children_, is_running); }
  // What `offhook status` says.
  [[nodiscard]] bool is_healthy() const {
    const std::size_t skip = output().size();
    if (exit_status(start({"status"})) != 0) return false;
    const std::string said = output().substr(skip);
    return said.contains("media    connected") && said.contains("trunk    demo: registered");
  }

  fs::path directory_;
  std::uint16_t http_port_ = 0;
  std::uint16_t sip_port_ = 0;
  pid_t serve_ = 0;
  std::vector<pid_t> children_;
};

TEST_F(ServeTest, ComesUpAndEndsWithinTwoSecondsWithoutOrphans) {
  start_demo();
  EXPECT_TRUE(is_healthy());
  const auto before = std::chrono::steady_clock::now();
  ::kill(serve_, SIGTERM);
  EXPECT_EQ(exit_status(serve_), 0);
  serve_ = 0;
  EXPECT_LT(std::chrono::steady_clock::now() - before, 2s);
  EXPECT_FALSE(is_anyone_left());
}

TEST_F(ServeTest, TellsWhatWasSaidAndHowItIsDoing) {
  start_demo();
  std::size_t skip = output().size();
  const auto said = [&] { return output().substr(std::exchange(skip, output().size())); };
  EXPECT_EQ(exit_status(start({"trace"})), 0);
  EXPECT_TRUE(said().contains("  call  began (UTC)")) << output();
  EXPECT_EQ(exit_status(start({"trace", "1"})), 1);
  EXPECT_TRUE(said().contains("offhook: No trace of such a call is kept.")) << output();
  EXPECT_EQ(exit_status(start({"trace", "--trunk", "demo", "--messages"})), 0);
  const std::string trace = said();
  EXPECT_TRUE(trace.contains("offhook <-- trunk  401 Unauthorized (REGISTER)")) << trace;
  EXPECT_TRUE(trace.contains("response=\"removed\"")) << trace;
  const auto metrics = get("/metrics");
  EXPECT_TRUE(metrics.contains("Content-Type: text/plain; version=0.0.4")) << metrics;
  EXPECT_TRUE(metrics.contains("\noffhook_trunk_registered{trunk=\"demo\"} 1\n")) << metrics;
}

TEST_F(ServeTest, ComesUpWithoutStandardInput) {
  start_demo(false);
  EXPECT_TRUE(is_healthy());
}

TEST_F(ServeTest, ServesThePageByHttps) {
  io::TestCertificates certificates;
  const std::string certificate = certificates.make({.names = "DNS:phone.example"});
  std::ifstream stream(config());
  std::string toml(std::istreambuf_iterator<char>(stream), {});
  toml.insert(toml.find("[sip]"), "tls_certificate = \"" + certificate + "\"\ntls_key = \"" +
                                      certificates.key_file() + "\"\n");
  configure(toml);
  start_demo();
  EXPECT_TRUE(output().contains("https://localhost:" + std::to_string(http_port_))) << output();
  EXPECT_TRUE(is_healthy());
}

TEST_F(ServeTest, SaysWhichCertificateItCannotRead) {
  configure("[http]\nlisten = [\"127.0.0.1:" + std::to_string(http_port_) +
            "\"]\ntls_certificate = \"none.pem\"\ntls_key = \"none.key\"\n");
  EXPECT_EQ(exit_status(start({"signal", "--control", "/nowhere"})), 1);
  EXPECT_TRUE(
      output().contains("cannot read the certificate " + (directory_ / "none.pem").string()))
      << output();
}

TEST_F(ServeTest, TheStandInTakesSipOverTcpAndOverTlsWithRsaKeyExchangeOnly) {
  io::TestCertificates certificates;
  const std::string certificate = certificates.make({.names = "DNS:provider.example"});
  std::ofstream(directory_ / "password") << "swordfish";
  fs::permissions(directory_ / "password", fs::perms(0600));
  const IpAddress here = IpAddress::parse("127.0.0.1").value();
  const Endpoint tls{here, free_ports()};
  const std::string listen = Endpoint{here, sip_port_}.to_string();
  serve_ = start_program(
      "offhook", {"provider", "--listen", listen, "--password-file", directory_ / "password",
                  "--tls-listen", tls.to_string(), "--tls-certificate", certificate, "--tls-key",
                  certificates.key_file(), "--tls-rsa-only"});
  ASSERT_TRUE(eventually([&] { return output().contains("ready"); })) << output();
  io::EventLoop loop;
  std::string answer;
  SipTransport phone(loop, {.on_message =
                                [&](const sip::Flow&, std::string_view message) {
                                  answer = message;
                                  loop.stop();
                                },
                            .on_lost =
                                [&](const sip::Flow&, const std::string& reason) {
                                  answer = reason;
                                  loop.stop();
                                }});
  ASSERT_TRUE(phone.listen({here, 0}));
  const auto ask = [&](sip::Transport transport, std::uint64_t id,
                       const io::TlsVersions& versions) {
    const Endpoint to = transport == sip::Transport::Tls ? tls : Endpoint{here, sip_port_};
    const auto flow =
        phone.open({.transport = transport, .endpoint = to, .host = "provider.example"},
                   sip::kChosenConnection | id,
                   {.tls = {.versions = versions, .ca_file = certificates.ca_file()}});
    phone.send(flow.value(),
               "REGISTER sip:provider.example SIP/2.0\r\nVia: SIP/2.0/" +
                   std::string(to_string(transport)) +
                   " 127.0.0.1;branch=z9hG4bK1\r\nFrom: <sip:100001@provider.example>;tag=1\r\n"
                   "To: <sip:100001@provider.example>\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\n"
                   "Max-Forwards: 70\r\nContact: <sip:a@127.0.0.1>\r\nContent-Length: 0\r\n\r\n");
    loop.run();
    return answer;
  };
  EXPECT_TRUE(ask(sip::Transport::Tcp, 1, {}).starts_with("SIP/2.0 401 ")) << answer;
  EXPECT_TRUE(ask(sip::Transport::Tls, 2, {}).starts_with("SIP/2.0 401 ")) << answer;
  EXPECT_EQ(ask(sip::Transport::Tls, 3, {.maximum = "1.2", .ciphers = "ECDHE"}),
            tls.to_string() +
                " has no TLS cipher or version in common with us: we offered TLS 1.2 with the "
                "ciphers \"ECDHE\"");
}

TEST_F(ServeTest, MediaSaysOfWrongUsageThatNoRestartCanHelp) {
  EXPECT_EQ(exit_status(start_program("offhook-media", {"--control", "x"})), 78);
  EXPECT_TRUE(output().contains("--browser-address IP is missing")) << output();
}

TEST_F(ServeTest, StartsEachProcessAgainThatIsKilled) {
  start_demo();
  for (const pid_t child : children_) {
    ::kill(child, SIGKILL);
    EXPECT_TRUE(eventually([&] {
      const auto now = children_of_serve();
      return now.size() == 3 && std::ranges::find(now, child) == now.end();
    }));
    EXPECT_TRUE(eventually([&] { return is_healthy(); })) << "after " << child;
  }
}

TEST_F(ServeTest, LeavesNoProcessBehindWhenTheSupervisorIsKilled) {
  start_demo();
  ::kill(serve_, SIGKILL);
  ::waitpid(serve_, nullptr, 0);
  serve_ = 0;
  EXPECT_TRUE(eventually([&] { return !is_anyone_left(); }, 5s));
}

TEST_F(ServeTest, NeverShowsTheDemoPassword) {
  start_demo();
  for (const pid_t child : children_) {
    for (const char* file : {"cmdline", "environ"}) {
      std::ifstream stream("/proc/" + std::to_string(child) + "/" + file);
      const std::string text(std::istreambuf_iterator<char>(stream), {});
      std::size_t run = 0;
      for (const char c : text) {
        run = std::isxdigit(static_cast<unsigned char>(c)) != 0 ? run + 1 : 0;
        EXPECT_LT(run, 32U) << "32 hexadecimal digits in " << file << ": " << text;
      }
    }
  }
}

TEST_F(ServeTest, SaysWhichPortIsTaken) {
  io::EventLoop loop;
  const auto taken =
      io::UdpSocket::bind(loop, {IpAddress::parse("127.0.0.1").value(), sip_port_}, {}).value();
  EXPECT_EQ(exit_status(start({"serve", "--demo"})), 78);
  EXPECT_TRUE(output().contains("UDP port " + std::to_string(sip_port_) +
                                " on 127.0.0.1, for SIP, is in use by another program."))
      << output();
}

TEST_F(ServeTest, SaysWhatIsWrongWithTheConfiguration) {
  configure("[http]\nport = 80\n");
  EXPECT_EQ(exit_status(start({"serve"})), 78);
  EXPECT_EQ(output(), "offhook: " + config() +
                          ":2: [http]: unknown key \"port\", expected one of listen, origins, "
                          "web_root, tls_certificate, tls_key\n");
}

TEST_F(ServeTest, EndsWhereAPasswordFileIsOpenToOthers) {
  std::ofstream(directory_ / "password") << "swordfish";
  fs::permissions(directory_ / "password", fs::perms(0644));
  configure(
      "[http]\nlisten = [\"127.0.0.1:" + std::to_string(http_port_) +
      "\"]\n[media]\nbrowser_port = " + std::to_string(free_ports()) +
      "\n[sip]\nlisten = [\"127.0.0.1:" + std::to_string(sip_port_) +
      "\"]\n[[trunk]]\nname = \"a\"\nhosts = [\"127.0.0.1\"]\nusername = \"b\"\npassword_file = "
      "\"password\"\n");
  EXPECT_EQ(exit_status(start({"serve"})), 78);
  EXPECT_TRUE(output().contains("can be read by others; run: chmod 600 ")) << output();
  EXPECT_FALSE(output().contains("swordfish"));
}

}  // namespace
}  // namespace offhook::app
