#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>

#include "base/random.hpp"
#include "sip/admission.hpp"
#include "sip/deadlines.hpp"
#include "sip/invite_client.hpp"
#include "sip/invite_server.hpp"
#include "sip/non_invite_client.hpp"
#include "sip/non_invite_server.hpp"

namespace offhook::sip {

enum class ClientId : std::uint64_t {};  // of a client transaction; never reused
// How a request is sent.
struct SendOptions {
  // Over UDP, what is longer fails by a local 513 (RFC 3261 18.1.1: it wants a stream).
  std::optional<std::size_t> max_datagram_bytes{};
  // Timer B of an INVITE, where it is not 64 T1.
  std::optional<Duration> invite_timeout{};
};

enum class ServerId : std::uint64_t {};  // of a server transaction; never reused

// All transactions of a user agent (RFC 3261 17): makes them, finds the one that a message belongs
// to, drives their timers, deletes them. A message that belongs to none and makes none is dropped.
class TransactionLayer {
 public:
  struct Transmit {  // to the wire
    Flow flow;
    Message message;
    std::string bytes;  // the message as it is sent
  };
  struct ResponseArrived {  // `local`: made here, 408 for a timeout, 503 for a transport failure,
                            // 513 for a request that is too long for UDP
    ClientId id;
    Response response;
    bool local = false;
  };
  struct ClientTerminated {  // nothing more will come of it
    ClientId id;
  };
  struct RequestArrived {  // a new server transaction; a CANCEL names the INVITE that it is for, if
                           // there is one
    ServerId id;
    Flow flow;
    Request request;
    std::optional<ServerId> cancelled{};
    // The request came over another path already (RFC 3261 8.2.2.2): answer 482.
    bool merged = false;
  };
  struct AckArrived {  // to a 2xx; those to other final responses stay inside
    Flow flow;
    Request request;
  };
  using Output =
      std::variant<Transmit, ResponseArrived, ClientTerminated, RequestArrived, AckArrived>;

  struct Limits {
    std::size_t transactions = limits::kSipTransactions;
    std::size_t bytes = limits::kSipTransactionBytes;  // that they hold
    std::optional<Admission::Budget> per_source{};     // absent: none
  };
  // What the user knows of a message beside its text.
  struct Arrival {
    std::string source{};    // as in Admission
    std::size_t bytes = 0;   // on the wire
    bool in_dialog = false;  // a request in a dialog that there is
  };

  TransactionLayer(Timers timers, Limits limits, Random& random);

  // Requests beyond the limits are answered 503 without a transaction, or 481 where they are to a
  // dialog or INVITE that is not there; and not at all where that would be more bytes than came, or
  // than the source's budget has. What belongs to a call under way passes all but the last limit.
  void handle(const Flow& flow, const Message& message, Time now, const Arrival& arrival);
  // An answer made without a transaction, within the same bounds.
  void answer_statelessly(const Flow& flow, Response response, Time now, const Arrival& arrival);
  // The connection closed: client transactions on the flow fail. Those of servers stay: an INVITE's
  // may move to another flow, and all of them end by themselves once answered.
  void handle_flow_lost(const Flow& flow);
  // UDP: an ICMP error came, which quotes what could not be delivered. Only the client transaction
  // whose request that is fails, and only where its table says so: the branch is random, so whoever
  // makes up errors does not know it.
  void handle_undelivered(const Flow& flow, std::string_view quoted);
  void handle_timeout(Time now);
  [[nodiscard]] std::optional<Output> poll_output();
  [[nodiscard]] std::optional<Time> next_timeout() const { return deadlines_.next(); }

  // A new client transaction. The request may hold one Via: its sent-by is kept (else it is the
  // flow's local address); transport, branch and rport are set here. With too many transactions it
  // fails at once by a local 503.
  ClientId send(const Flow& flow, Request request, Time now, const SendOptions& options = {});
  // RFC 3261 9.1: the CANCEL of an INVITE under way, with the INVITE's Via; nullopt where that is
  // gone already.
  std::optional<ClientId> cancel(ClientId invite, std::string reason, Time now);
  // Gives up an INVITE to which no final response will come (RFC 3261 9.1); ClientTerminated
  // follows.
  void abandon(ClientId id);
  // To the ACK of a 2xx, which is no transaction: a top Via as send() makes it.
  [[nodiscard]] Request with_via(const Flow& flow, Request request);
  // Ignored where the transaction is gone.
  void respond(ServerId id, const Response& response, Time now);
  // The device of an unanswered or unacknowledged INVITE has a new connection.
  void move(ServerId id, const Flow& flow);
  // Of an INVITE that has no final answer yet: its transaction cannot end by itself.
  [[nodiscard]] const Request& request(ServerId invite) const;

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }  // that they hold, about
  // What our timers sent again since the start.
  [[nodiscard]] std::uint64_t retransmissions() const { return retransmissions_; }
  // Requests that were refused for want of room or of budget, since the start.
  [[nodiscard]] std::uint64_t shed() const { return shed_; }

 private:
  using Machine = std::variant<InviteClient, NonInviteClient, InviteServer, NonInviteServer>;
  struct Entry {
    Machine machine;
    Flow flow;
    std::string key;               // in clients_ or servers_
    std::string merge_key;         // in merges_; "" where not there
    std::size_t bytes;             // that it holds, about
    bool ongoing = false;          // it belongs to a call under way
    std::size_t answer_bytes = 0;  // on the wire, of the latest answer to a request
  };

  // Of an entry without what its messages keep: itself, its keys and its deadline.
  static constexpr std::size_t kEntryBytes = sizeof(Entry) + 1'024;

  std::uint64_t add(Entry entry, bool client);
  void erase(std::uint64_t id);
  void unindex(std::uint64_t id, const Entry& entry);
  void handle_response(const Flow& flow, const Response& response, Time now);
  void handle_request(const Flow& flow, Request request, Time now, const Arrival& arrival);
  void accept_request(const Flow& flow, Request request, Time now, const Arrival& arrival);
  [[nodiscard]] bool has_room(bool ongoing) const;
  void refuse(const Flow& flow, const Request& request, Time now, const Arrival& arrival);
  void set_bytes(Entry& entry, std::size_t bytes);
  // Takes the outputs of a machine, renews its deadline, deletes it where it is done.
  void settle(std::uint64_t id);
  void forward(std::uint64_t id, Entry& entry, TransactionOutput output);
  void fail_transport(std::uint64_t id);
  void fail_locally(std::uint64_t id, const Request& request, std::uint16_t status);
  [[nodiscard]] bool is_too_long(const Flow& flow, const SendOptions& options) const;

  Timers timers_;
  Limits limits_;
  Random& random_;
  std::optional<Admission> admission_;
  std::size_t bytes_ = 0;  // of all entries
  std::uint64_t last_id_ = 0;
  std::unordered_map<std::uint64_t, Entry> entries_;
  std::unordered_map<std::string, std::uint64_t> clients_;  // by client_key()
  std::unordered_map<std::string, std::uint64_t> servers_;  // by server_key()
  std::unordered_map<std::string, std::uint64_t>
      merges_;  // by merge_key(): requests without To tag
  Deadlines<std::uint64_t> deadlines_;
  bool in_timeout_ = false;
  std::uint64_t retransmissions_ = 0;
  std::uint64_t shed_ = 0;
  std::deque<Output> outputs_;
};

}  // namespace offhook::sip
