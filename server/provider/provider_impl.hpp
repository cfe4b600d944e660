#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "provider/authenticator.hpp"
#include "provider/bindings.hpp"
#include "provider/media_stream.hpp"
#include "provider/provider.hpp"
#include "provider/script.hpp"
#include "sip/user_agent.hpp"

namespace offhook::provider {

// The inside of Provider, in two files beside provider.cpp: requests (who may do what), calls (what
// happens in them).
class Provider::Impl {
 public:
  Impl(Config config, Random& random);

  // provider.cpp
  void handle_sip(const sip::Flow& flow, std::string_view bytes, Time now);
  void handle_flow_lost(const sip::Flow& flow, Time now);
  void handle_rtp(std::size_t port, const Endpoint& remote, ByteView packet, Time now);
  void hang_up_all(std::string_view why, Time now);
  void shut_down(Time now);
  void handle_timeout(Time now);
  std::optional<Output> poll_output();
  std::optional<Time> next_timeout() const;
  std::size_t call_count() const { return calls_.size(); }

  // provider_calls.cpp
  std::string call_account(std::string_view username, std::string_view caller_number, Time now);

 private:
  struct Call {
    std::string account{};
    Script script{};
    sip::Identity identity{};
    std::uint64_t sdp_id = 0;
    std::uint64_t sdp_version = 0;
    std::optional<sdp::Crypto> key{};       // ours, of an encrypted account
    std::string answer{};                   // our SDP, the same in 183 and 200
    std::optional<std::size_t> port{};      // of media_ports
    std::optional<MediaStream> media{};     // from the first SDP of the far end
    bool held = false;                      // the far end wants no media
    std::optional<Time> answer_at{};        // early media ends
    std::optional<Time> listening_since{};  // the answer or the last re-INVITE
    std::optional<Time> hang_up_at{};
    std::optional<Time> cancel_at{};  // of a call to the account that is not answered
  };
  struct CallBack {
    std::string account;
    std::string caller_number;
  };
  using Calls = std::map<sip::SessionId, Call>;

  // ---- provider.cpp ----
  // Works off the events of the user agent and the packets of the calls.
  void drain(Time now);
  void log(std::string text) { outputs_.push_back(LogLine{std::move(text)}); }

  // ---- provider_requests.cpp ----
  void on_request(const sip::RequestArrived& arrived, Time now);
  void on_register(const sip::RequestArrived& arrived, const Account& account, Time now);
  void on_invite(const sip::InviteReceived& invite, Time now);
  void respond(const sip::RequestArrived& arrived, std::uint16_t status, Time now);
  // The SIP status that refuses this caller; nullopt where the call may go on.
  std::optional<std::uint16_t> refusal_of(const sip::Request& request, const Account& account,
                                          const Script& script) const;

  // ---- provider_calls.cpp ----
  void start(const sip::InviteReceived& invite, const Account& account, const Script& script,
             Time now);
  void on_reinvite(const sip::Reinvited& reinvite, Time now);
  void on_accepted(const sip::Accepted& accepted, Time now);
  void answer(sip::SessionId session, Call& call, Time now);
  void connected(Call& call, Time now);
  void take_port(Call& call);
  void advance(Calls::iterator call, Time now);  // does what is due in it
  void end(Calls::iterator call, std::string_view why);
  void hang_up(Calls::iterator call, std::string_view why, Time now);
  sip::Identity identity(const sip::Flow& flow, std::string_view user) const;
  sdp::TrunkLocal local(const Call& call) const;
  static std::optional<Time> deadline(const Call& call);
  static std::optional<Time> silence_deadline(const Call& call);

  Config config_;
  Random& random_;
  Authenticator authenticator_;
  Bindings bindings_;
  sip::UserAgent agent_;
  Calls calls_;
  std::deque<std::size_t> free_ports_;  // a port rests while the others are used
  std::multimap<Time, CallBack> call_backs_;
  bool shutting_down_ = false;
  std::deque<Output> outputs_;
};

}  // namespace offhook::provider
