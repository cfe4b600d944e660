#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/system_random.hpp"
#include "base/time.hpp"
#include "bench/web_socket.hpp"
#include "sip/user_agent.hpp"

namespace offhook::bench {

// The pages of one user as a load needs them: registered devices with a WebSocket each, and any
// number of calls that go out from them in turn. Knows nothing of media. Ends the program where a
// device cannot register, loses its WebSocket, or gets two different answers to one offer.
class Phones {
 public:
  // The first SDP of a call: its only one.
  struct AnswerReceived {
    sip::SessionId call;
    std::string sdp;
  };
  struct Connected {
    sip::SessionId call;
  };
  // Refused, with the status, or ended by the gateway, with 0.
  struct Over {
    sip::SessionId call;
    std::uint16_t status;
    std::string reason;
  };
  using Event = std::variant<AnswerReceived, Connected, Over>;

  // Devices that the gateway lets one user have.
  static constexpr std::size_t kDevices = 16;

  // Opens the WebSockets and registers; every device is there when it returns.
  Phones(WebSocket::Session& session, std::string user, std::size_t devices);

  [[nodiscard]] sip::SessionId dial(const std::string& number, std::string offer, Time now);
  // BYE or CANCEL; no event of the call follows.
  void hang_up(sip::SessionId call, Time now);
  // What has come, what is due, what has to be sent.
  void exchange(Time now);
  [[nodiscard]] std::optional<Event> poll_event();
  [[nodiscard]] std::optional<Time> next_timeout() const;
  [[nodiscard]] const std::vector<WebSocket>& web_sockets() const { return web_sockets_; }
  [[nodiscard]] std::uint64_t retransmissions() const { return agent_.retransmissions(); }

 private:
  [[nodiscard]] sip::Flow flow_of(std::size_t device) const;
  [[nodiscard]] sip::Identity identity_of(std::size_t device) const;
  void send_registers(Time now);
  void dispatch(sip::UserAgentOutput& output);
  void take_answer(sip::SessionId call, std::string sdp);

  SystemRandom random_;
  std::string user_;
  std::vector<WebSocket> web_sockets_;
  sip::UserAgent agent_;
  std::string call_id_;  // of the REGISTERs, with the device's number behind it
  std::uint32_t cseq_ = 0;
  Time register_at_{};
  std::size_t registered_ = 0;
  std::size_t next_device_ = 0;
  std::unordered_map<sip::SessionId, std::string> answers_;
  std::deque<Event> events_;
};

}  // namespace offhook::bench
