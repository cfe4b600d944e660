#include "io/dns_client.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <string_view>
#include <utility>

#include <ares.h>
#include <netdb.h>
#include <sys/time.h>

#include "base/limits.hpp"
#include "io/dns_reply.hpp"

namespace offhook::io {
namespace {

using namespace std::chrono_literals;

constexpr int kTries = 2;  // the second takes twice as long
// /etc/hosts has no TTL; people who change it do not want to wait.
constexpr std::chrono::seconds kHostsTtl{30};
constexpr const char* kSystemServers = "/etc/resolv.conf";

int code_of(DnsType type) {
  switch (type) {
    case DnsType::A:
      return 1;
    case DnsType::Aaaa:
      return 28;
    case DnsType::Srv:
      return 33;
    case DnsType::Naptr:
      return 35;
  }
  return 1;
}

// "_sip._udp.example.com" -> "example.com".
std::string_view host_part(std::string_view name) {
  while (name.starts_with('_') && name.contains('.')) name.remove_prefix(name.find('.') + 1);
  return name;
}

DnsAnswer failed(std::string reason) {
  DnsAnswer answer;
  answer.reason = std::move(reason);
  return answer;
}

std::filesystem::file_time_type changed_at(const char* path) {
  std::error_code ignored;
  return std::filesystem::last_write_time(path, ignored);
}

}  // namespace

class DnsClient::Impl {
 public:
  Impl(EventLoop& loop, Config config)
      : loop_(loop),
        config_(std::move(config)),
        timer_(loop, [this] { process(ARES_SOCKET_BAD, ARES_SOCKET_BAD); }) {
    ares_library_init(ARES_LIB_INIT_ALL);
  }
  ~Impl() {
    close();
    ares_library_cleanup();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<void> open();
  void ask(const DnsQuestion& question, Callback callback);

 private:
  struct Question {
    Impl* client;
    DnsQuestion question;
    Callback callback;
  };
  struct Socket {
    std::unique_ptr<DescriptorWatch> watch;
    bool wants_to_write = false;
  };

  void close();
  void reopen_if_changed();
  [[nodiscard]] std::optional<DnsAnswer> from_hosts_file(const DnsQuestion& question);
  [[nodiscard]] std::vector<IpAddress> hosts_file_addresses(const std::string& name, int family);
  void answer(Callback callback, DnsAnswer answer);
  void watch(ares_socket_t fd, bool readable, bool writable);
  void process(ares_socket_t readable, ares_socket_t writable);
  void set_timer();
  static void on_reply(void* argument, int status, int timeouts, unsigned char* reply, int length);

  EventLoop& loop_;
  Config config_;
  ares_channel channel_ = nullptr;
  std::filesystem::file_time_type opened_with_{};
  std::map<ares_socket_t, Socket> sockets_;
  Timer timer_;
  std::size_t waiting_ = 0;  // questions
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

Result<void> DnsClient::Impl::open() {
  opened_with_ = changed_at(kSystemServers);
  ares_options options{};
  options.timeout = static_cast<int>(config_.timeout.count());
  options.tries = kTries;
  options.sock_state_cb = [](void* self, ares_socket_t fd, int readable, int writable) {
    static_cast<Impl*>(self)->watch(fd, readable != 0, writable != 0);
  };
  options.sock_state_cb_data = this;
  int status = ares_init_options(&channel_, &options,
                                 ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
  if (status != ARES_SUCCESS) {
    channel_ = nullptr;
    return failure(std::string("cannot ask name servers: ") + ares_strerror(status));
  }
  if (config_.servers.empty()) return {};
  status = ares_set_servers_ports_csv(channel_, config_.servers.c_str());
  if (status == ARES_SUCCESS) return {};
  return failure("\"" + config_.servers +
                 "\" does not name DNS servers as in \"127.0.0.1:53\": " + ares_strerror(status));
}

void DnsClient::Impl::close() {
  if (channel_ != nullptr) ares_destroy(std::exchange(channel_, nullptr));
  sockets_.clear();
}

// A machine that moves to another network gets other name servers.
void DnsClient::Impl::reopen_if_changed() {
  if (!config_.servers.empty() || waiting_ > 0 || changed_at(kSystemServers) == opened_with_)
    return;
  close();
  static_cast<void>(open());
}

void DnsClient::Impl::ask(const DnsQuestion& question, Callback callback) {
  reopen_if_changed();
  if (channel_ == nullptr) {
    return answer(std::move(callback), failed("the name servers are not known"));
  }
  if (auto known = from_hosts_file(question)) return answer(std::move(callback), std::move(*known));
  if (waiting_ >= limits::kDnsQuestions) {
    return answer(std::move(callback), failed("too many questions wait for the name servers"));
  }
  ++waiting_;
  auto* asked = new Question{this, question, std::move(callback)};  // on_reply() owns it
  const bool is_one_label = !question.name.contains('.');
  constexpr int kInternet = 1;
  (is_one_label ? ares_search : ares_query)(channel_, question.name.c_str(), kInternet,
                                            code_of(question.type), on_reply, asked);
  set_timer();
}

std::vector<IpAddress> DnsClient::Impl::hosts_file_addresses(const std::string& name, int family) {
  hostent* found = nullptr;
  if (ares_gethostbyname_file(channel_, name.c_str(), family, &found) != ARES_SUCCESS) return {};
  const std::unique_ptr<hostent, decltype(&ares_free_hostent)> owner(found, ares_free_hostent);
  std::vector<IpAddress> addresses;
  for (char** entry = found->h_addr_list; *entry != nullptr; ++entry) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(*entry);
    const auto address =
        IpAddress::from_bytes(ByteView(bytes, static_cast<std::size_t>(found->h_length)));
    if (address && address->is_v6() == (family == AF_INET6) &&
        addresses.size() < limits::kDnsRecords) {
      addresses.push_back(*address);
    }
  }
  return addresses;
}

std::optional<DnsAnswer> DnsClient::Impl::from_hosts_file(const DnsQuestion& question) {
  const std::string host(host_part(question.name));
  const auto v4 = hosts_file_addresses(host, AF_INET);
  const auto v6 = hosts_file_addresses(host, AF_INET6);
  if (v4.empty() && v6.empty()) return std::nullopt;
  DnsAnswer answer;
  answer.ttl = kHostsTtl;
  if (question.type == DnsType::A) answer.addresses = v4;
  if (question.type == DnsType::Aaaa) answer.addresses = v6;
  answer.outcome =
      answer.addresses.empty() ? DnsAnswer::Outcome::NoSuchRecord : DnsAnswer::Outcome::Found;
  return answer;
}

void DnsClient::Impl::answer(Callback callback, DnsAnswer answer) {
  loop_.post(
      [alive = std::weak_ptr(alive_), callback = std::move(callback), answer = std::move(answer)] {
        if (!alive.expired()) callback(answer);
      });
}

void DnsClient::Impl::on_reply(void* argument, int status, int, unsigned char* reply, int length) {
  const std::unique_ptr<Question> asked(static_cast<Question*>(argument));
  if (status == ARES_EDESTRUCTION) return;
  --asked->client->waiting_;
  DnsAnswer answer;
  if (status == ARES_SUCCESS) {
    answer =
        parse_dns_reply(ByteView(reply, static_cast<std::size_t>(length)), asked->question.type);
  } else if (status == ARES_ENOTFOUND || status == ARES_ENODATA || status == ARES_EBADNAME) {
    answer.outcome = DnsAnswer::Outcome::NoSuchRecord;
  } else {
    answer = failed(std::string("the name servers fail: ") + ares_strerror(status));
  }
  if (answer.outcome == DnsAnswer::Outcome::NoSuchRecord) {
    answer.reason = status == ARES_ENOTFOUND || status == ARES_EBADNAME
                        ? "there is no name " + asked->question.name
                        : "there is no such record for " + asked->question.name;
  }
  asked->client->answer(std::move(asked->callback), std::move(answer));
}

void DnsClient::Impl::watch(ares_socket_t fd, bool readable, bool writable) {
  if (!readable && !writable) {
    sockets_.erase(fd);
    return;
  }
  Socket& socket = sockets_[fd];
  socket.wants_to_write = writable;
  if (!socket.watch) {
    socket.watch = std::make_unique<DescriptorWatch>(
        loop_, fd, [this, fd] { process(fd, ARES_SOCKET_BAD); },
        [this, fd] { process(ARES_SOCKET_BAD, fd); });
  }
  if (writable) socket.watch->wait_until_writable();
}

void DnsClient::Impl::process(ares_socket_t readable, ares_socket_t writable) {
  if (channel_ == nullptr) return;
  ares_process_fd(channel_, readable, writable);
  const auto written = sockets_.find(writable);
  if (written != sockets_.end() && written->second.wants_to_write) {
    written->second.watch->wait_until_writable();
  }
  set_timer();
}

void DnsClient::Impl::set_timer() {
  timeval left{};
  if (ares_timeout(channel_, nullptr, &left) == nullptr) return timer_.set(std::nullopt);
  timer_.set(now() + std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec) +
             1ms);
}

Result<std::unique_ptr<DnsClient>> DnsClient::create(EventLoop& loop, Config config) {
  auto impl = std::make_unique<Impl>(loop, std::move(config));
  if (const auto opened = impl->open(); !opened) return std::unexpected(opened.error());
  return std::unique_ptr<DnsClient>(new DnsClient(std::move(impl)));
}

DnsClient::DnsClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DnsClient::~DnsClient() = default;

void DnsClient::ask(const DnsQuestion& question, Callback callback) {
  impl_->ask(question, std::move(callback));
}

}  // namespace offhook::io
