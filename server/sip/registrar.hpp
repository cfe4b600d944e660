#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "sip/deadlines.hpp"
#include "sip/flow.hpp"
#include "sip/message.hpp"

namespace offhook::sip {

// A registered browser: one per `+sip.instance` (RFC 5626) of a user.
struct Binding {
  std::string user;
  std::string instance;  // the stable instance id; the Contact URI where a client sends none
  NameAddress contact;
  Flow flow;  // the device's current flow: in-dialog requests go here
  Time expires_at;
};

// The registrar for browsers (RFC 3261 10.3, RFC 5626 6). The user is who the flow's session says,
// never From or To: a REGISTER for another user is answered 403. A device is reachable while the
// flow of its last REGISTER lives; a device that registers anew over another flow is reachable
// there at once, and one flow is one device.
class Registrar {
 public:
  struct Config {
    std::chrono::seconds min_expires{60};
    std::chrono::seconds max_expires{3600};  // also what a client gets that asks for no expiry
    std::size_t max_devices_per_user = 16;
  };

  explicit Registrar(Config config) : config_(config) {}

  // `user` is who is signed in on the flow. Returns the answer to send: 200 with all bindings of
  // the user, or 400 (more than one Contact, * without Expires 0), 403 (another user, too many
  // devices), 420, 423 or 500 (an old CSeq), with nothing changed.
  [[nodiscard]] Response handle_register(const Request& request, const Flow& flow,
                                         std::string_view user, Time now);
  void handle_flow_lost(const Flow& flow,
                        Time now);  // the binding stays until expiry, but is not reachable
  void handle_timeout(Time now);
  [[nodiscard]] std::optional<Time> next_timeout() const { return deadlines_.next(); }

  // Reachable devices of a user, the one with the newest flow first.
  [[nodiscard]] std::vector<Binding> bindings(std::string_view user) const;
  // The device that registered on this flow.
  [[nodiscard]] std::optional<Binding> device(const Flow& flow) const;
  // nullopt also where it is not reachable.
  [[nodiscard]] std::optional<Binding> device(std::string_view user,
                                              std::string_view instance) const;
  // All bindings, reachable or not.
  [[nodiscard]] std::size_t size() const { return records_.size(); }

 private:
  using Key = std::pair<std::string, std::string>;  // user and instance
  struct Record {
    Binding binding;
    bool reachable = true;
    std::uint64_t flow_order = 0;  // grows with each new flow
    std::string call_id;           // of the last REGISTER
    std::uint32_t cseq = 0;
  };
  using Records = std::map<Key, Record>;

  Response remove_all(const Request& request, std::string_view user, Time now);
  Response update(const Request& request, const Flow& flow, std::string_view user, Time now);
  bool make_room(std::string_view user);
  void bind(Record record);
  void remove(Records::iterator record);
  [[nodiscard]] std::vector<const Record*> records_of(std::string_view user) const;
  [[nodiscard]] Response bindings_response(const Request& request, std::string_view user,
                                           Time now) const;
  [[nodiscard]] std::chrono::seconds requested_expires(const Request& request) const;

  Config config_;
  Records records_;
  std::map<Flow, Key> by_flow_;  // the reachable ones
  Deadlines<Key> deadlines_;
  std::uint64_t flows_seen_ = 0;
};

}  // namespace offhook::sip
