#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/control_link.hpp"
#include "app/log.hpp"
#include "app/media_census.hpp"
#include "app/settings.hpp"
#include "app/sip_transport.hpp"
#include "base/system_random.hpp"
#include "call/switchboard.hpp"
#include "http/router.hpp"
#include "http/server.hpp"
#include "io/dns_client.hpp"
#include "io/event_loop.hpp"
#include "io/machine_driver.hpp"

namespace offhook::app {

// The signal process: the switchboard with everything that it needs of the world around it. SIP
// with trunks over UDP, TCP and TLS, SIP with browsers over WebSockets, the control connection to
// media, the domain name system, the page and its API.
class SignalProcess {
 public:
  // Listens; from here on it works as soon as the loop runs. Errors name what cannot be had.
  [[nodiscard]] static Result<std::unique_ptr<SignalProcess>> open(io::EventLoop& loop,
                                                                   const Settings& settings,
                                                                   call::Config config,
                                                                   const std::string& control_path,
                                                                   Log& log);

  // Calls back once when a user can call: media is there and every trunk is registered, or after 3
  // s in any case.
  void when_ready(std::function<void()> on_ready);
  // Ends every call and stops the loop, within 1.7 s.
  void end(const std::string& reason);

 private:
  SignalProcess(io::EventLoop& loop, const Settings& settings, call::Config config,
                const std::string& control_path, Log& log);
  Result<void> listen(const Settings& settings);

  void handle_output(const call::Output& output);
  void send_sip(const call::SendSip& send);
  void look_up(const call::LookUp& ask);
  void open_flow(const call::OpenFlow& open);
  void write_cdr(const call::CallEnded& call);
  void close_sockets();

  void handle_sip(const sip::Flow& flow, std::string_view message);
  void handle_flow_lost(const sip::Flow& flow, const std::string& reason);
  void handle_undelivered(const sip::Flow& flow, std::string_view quoted);
  void handle_web_socket_opened(const http::WebSocketInfo& socket);
  void handle_web_socket_message(http::ConnectionId id, std::string_view message);
  void handle_web_socket_closed(http::ConnectionId id);
  void handle_media_event(const control::Event& event);

  void answer(const http::ReportWanted& wanted, std::function<void(http::Response)> reply);
  void check_ready();

  template <typename Input>
  void feed(Input&& input) {
    driver_.feed(std::forward<Input>(input));
  }

  io::EventLoop& loop_;
  Log& log_;
  SystemRandom random_;
  call::Switchboard switchboard_;
  io::MachineDriver<call::Switchboard, std::function<void(call::Output)>> driver_;
  http::Router router_;
  http::Server server_;
  std::map<http::ConnectionId, sip::Flow> flows_;
  SipTransport sip_;
  std::map<std::string, SipTransport::Wishes> wishes_;  // by trunk
  std::unique_ptr<io::DnsClient> dns_;
  ControlLink control_;
  MediaCensus census_;
  io::Timer census_timer_;
  std::function<void()> on_ready_;
  Time ready_at_latest_{};
  io::Timer ready_timer_;
  bool is_ending_ = false;
  io::Timer end_timer_;
};

}  // namespace offhook::app
