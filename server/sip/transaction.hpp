#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <variant>

#include "base/time.hpp"
#include "sip/flow.hpp"
#include "sip/message.hpp"

// What the four transaction machines (RFC 3261 17, RFC 6026) have in common. Each is a file of its
// own: invite_client, invite_server, non_invite_client, non_invite_server; each header carries its
// table of transitions, and each row of the table has a test of the same name.
namespace offhook::sip {

// RFC 3261 17.1.1.1 and appendix A.
struct Timers {
  Duration t1 = std::chrono::milliseconds(500);
  Duration t2 = std::chrono::seconds(4);
  Duration t4 = std::chrono::seconds(5);

  // B of one INVITE, where another server can be asked and nobody should wait 32 s for that.
  std::optional<Duration> invite_timeout{};

  [[nodiscard]] Duration timeout() const { return 64 * t1; }  // B, D, F, H, J, L, M
};

enum class Reliability : std::uint8_t { Unreliable, Reliable };
[[nodiscard]] constexpr Reliability reliability(Transport transport) {
  return is_reliable(transport) ? Reliability::Reliable : Reliability::Unreliable;
}

// Outputs of transactions.
struct Send {  // to the wire, on the transaction's flow
  Message message;
};
struct ResponseReceived {  // client: to the transaction user
  Response response;
};
struct RequestReceived {  // INVITE server: an ACK to a 2xx that came with the branch of the INVITE
                          // (RFC 6026 7.1)
  Request request;
};
struct TimedOut {};  // client: no final response in time; INVITE server: no ACK came (timer H)
struct TransportFailed {
};  // client: the request could not be sent, or its connection closed before the answer
struct Terminated {};  // the machine is done and can be deleted

using TransactionOutput =
    std::variant<Send, ResponseReceived, RequestReceived, TimedOut, TransportFailed, Terminated>;

// Every machine, beside its own handle() and respond():
//   void handle_timeout(Time now);
//   std::optional<TransactionOutput> poll_output();      // drain until nullopt after every input
//   std::optional<Time> next_timeout() const;
// This base is the queue that poll_output() drains.
class TransactionMachine {
 public:
  [[nodiscard]] std::optional<TransactionOutput> poll_output();

 protected:
  void emit(TransactionOutput output) { outputs_.push_back(std::move(output)); }

 private:
  std::deque<TransactionOutput> outputs_;
};

}  // namespace offhook::sip
