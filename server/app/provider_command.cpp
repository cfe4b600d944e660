#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <optional>

#include "app/commands.hpp"
#include "app/exit_status.hpp"
#include "app/log.hpp"
#include "app/secret.hpp"
#include "app/sip_transport.hpp"
#include "base/overloaded.hpp"
#include "base/system_random.hpp"
#include "io/lifeline.hpp"
#include "io/machine_driver.hpp"
#include "io/signals.hpp"
#include "io/udp_socket.hpp"
#include "provider/provider.hpp"

namespace offhook::app {

namespace {

// Calls at once; a stand-in has no more.
constexpr std::size_t kMediaPorts = 32;
// For the answers to its BYEs.
constexpr Duration kEndTime = std::chrono::milliseconds(200);

class ProviderProcess {
 public:
  static Result<std::unique_ptr<ProviderProcess>> open(io::EventLoop& loop,
                                                       const ProviderCommand& command,
                                                       std::string password, Log& log) {
    std::unique_ptr<ProviderProcess> process(new ProviderProcess(loop, log));
    if (const auto opened = process->open_sockets(command); !opened) {
      return std::unexpected(opened.error());
    }
    provider::Config config;
    config.sip = command.listen;
    config.accounts.push_back(
        {command.account, std::move(password), command.caller_id, command.encrypted});
    for (const auto& socket : process->media_) config.media_ports.push_back(socket->local());
    process->provider_.emplace(std::move(config), process->random_);
    process->driver_.emplace(
        loop, *process->provider_,
        [raw = process.get()](const provider::Output& output) { raw->carry_out(output); });
    return process;
  }

  void end() {
    driver_->feed([](provider::Provider& provider, Time now) { provider.shut_down(now); });
    end_timer_.set(provider_->call_count() == 0 ? io::now() : io::now() + kEndTime);
  }

 private:
  using Driver = io::MachineDriver<provider::Provider, std::function<void(provider::Output)>>;

  ProviderProcess(io::EventLoop& loop, Log& log)
      : loop_(loop),
        log_(log),
        sip_(loop, {.on_message =
                        [this](const sip::Flow& flow, std::string_view message) {
                          driver_->feed([&](provider::Provider& provider, Time now) {
                            provider.handle_sip(flow, message, now);
                          });
                        },
                    .on_lost = [this](const sip::Flow& flow,
                                      const std::string& reason) { handle_lost(flow, reason); }}),
        end_timer_(loop, [this] { loop_.stop(); }) {}

  Result<void> open_sockets(const ProviderCommand& command) {
    std::optional<io::FileDescriptor> udp;
    if (command.child.sip_fd) udp.emplace(*command.child.sip_fd);
    const auto listening = sip_.listen(command.listen, std::move(udp));
    if (!listening) return std::unexpected(listening.error());
    if (command.tls_listen) {
      io::TlsServerSettings tls{.certificate_file = command.tls_certificate,
                                .key_file = command.tls_key};
      if (command.tls_rsa_only) tls.versions = {"1.2", "1.2", "kRSA"};
      const auto secure = sip_.listen_tls(*command.tls_listen, tls);
      if (!secure) return std::unexpected(secure.error());
    }
    for (std::size_t port = 0; port < kMediaPorts; ++port) {
      auto media = io::UdpSocket::bind(
          loop_, {command.listen.address, 0},
          {.on_datagram =
               [this, port](ByteView bytes, const Endpoint&, const Endpoint& remote) {
                 driver_->feed([&](provider::Provider& provider, Time now) {
                   provider.handle_rtp(port, remote, bytes, now);
                 });
               },
           .on_unreachable = {}});
      if (!media) return std::unexpected(media.error());
      media_.push_back(std::move(*media));
    }
    return {};
  }

  void handle_lost(const sip::Flow& flow, const std::string& reason) {
    if (!sip::is_reliable(flow.transport)) return;  // ICMP: the phone may be there again
    log_.write(LogLevel::Info, "connection_lost", {{"reason", reason}});
    driver_->feed(
        [&](provider::Provider& provider, Time now) { provider.handle_flow_lost(flow, now); });
  }

  void carry_out(const provider::Output& output) {
    std::visit(
        Overloaded{[this](const provider::SendSip& send) { sip_.send(send.flow, send.bytes); },
                   [this](const provider::SendRtp& send) {
                     media_[send.port]->send(send.packet, send.remote);
                   },
                   [this](const provider::LogLine& line) {
                     log_.write(LogLevel::Info, "provider", {{"what", line.text}});
                   }},
        output);
  }

  io::EventLoop& loop_;
  Log& log_;
  SystemRandom random_;
  SipTransport sip_;
  std::vector<std::unique_ptr<io::UdpSocket>> media_;
  std::optional<provider::Provider> provider_;
  std::optional<Driver> driver_;
  io::Timer end_timer_;
};

Result<std::string> account_password(const ProviderCommand& command) {
  if (command.child.secret_fd) return read_secret(*command.child.secret_fd);
  if (!command.password_file.empty()) return read_password_file(command.password_file);
  return failure("the account needs a password: give --password-file");
}

}  // namespace

int run_provider(const ProviderCommand& command) {
  io::limit_life_without_supervisor();
  Result<std::string> password = account_password(command);
  if (!password) {
    std::fprintf(stderr, "offhook provider: %s\n", password.error().message.c_str());
    return kExitMisconfigured;
  }
  Log log("provider", command.log);
  io::EventLoop loop;
  auto process = ProviderProcess::open(loop, command, std::move(*password), log);
  if (!process) {
    log.write(LogLevel::Error, "cannot_start", {{"reason", process.error().message}});
    return 1;
  }
  const io::Signals signals(loop, {SIGTERM, SIGINT}, [&](int) { (*process)->end(); });
  std::optional<io::Lifeline> lifeline;
  if (command.child.lifeline_fd) {
    lifeline.emplace(loop, *command.child.lifeline_fd, [&] { (*process)->end(); });
    lifeline->say_ready();
  }
  log.write(LogLevel::Info, "ready",
            {{"sip", command.listen.to_string()}, {"account", command.account}});
  loop.run();
  log.write(LogLevel::Info, "ended");
  return 0;
}

}  // namespace offhook::app
