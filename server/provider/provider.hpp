#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/endpoint.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "sip/flow.hpp"
#include "sip/transaction.hpp"

// A stand-in for VoIP.ms: registers accounts, challenges, answers test numbers (script.hpp), calls
// back. Looks like chan_sip on the wire. Sans-IO; its sockets are in app/.
namespace offhook::provider {

struct Account {
  std::string username;  // "100001" or "100001_office"
  std::string password;
  std::string caller_id;   // "" : INVITE gets 486, as at VoIP.ms
  bool encrypted = false;  // SRTP under keys in the SDP, and 488 for plain RTP; else the reverse
};

struct Config {
  Endpoint sip;  // where it listens
  std::string realm = "atlanta1.voip.ms";
  std::vector<Account> accounts;
  std::vector<Endpoint> media_ports;  // RTP sockets that the shell has opened; one a call
  sip::Timers timers;
};

struct SendSip {
  sip::Flow flow;
  std::string bytes;
};
struct SendRtp {
  std::size_t port;  // index into media_ports
  Endpoint remote;
  Bytes packet;
};
struct LogLine {
  std::string text;
};
using Output = std::variant<SendSip, SendRtp, LogLine>;

class Provider {
 public:
  Provider(Config config, Random& random);
  ~Provider();

  void handle_sip(const sip::Flow& flow, std::string_view bytes, Time now);
  // A TCP or TLS connection is gone: whoever registered over it is not there any more.
  void handle_flow_lost(const sip::Flow& flow, Time now);
  void handle_rtp(std::size_t port, const Endpoint& remote, ByteView packet, Time now);
  // Calls the account as a far caller would, with a tone to hear; CANCEL after 60 s. "" when done,
  // else why not (not registered, ...).
  [[nodiscard]] std::string call_account(std::string_view username, std::string_view caller_number,
                                         Time now);
  // Everybody out there hangs up.
  void hang_up_all(Time now);
  // BYE, CANCEL or 603 for every call, 503 for new ones; quiet when call_count() and next_timeout()
  // say so.
  void shut_down(Time now);
  void handle_timeout(Time now);
  [[nodiscard]] std::optional<Output> poll_output();
  [[nodiscard]] std::optional<Time> next_timeout() const;
  [[nodiscard]] std::size_t call_count() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace offhook::provider
