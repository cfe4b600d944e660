#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sip/message.hpp"

namespace offhook::sip {

// RFC 3261 12: what names a dialog, seen from our side.
struct DialogId {
  std::string call_id;
  std::string local_tag;
  std::string remote_tag;  // "" where the other side is of RFC 2543 and sends none

  // The dialog that a request from the other side names.
  [[nodiscard]] static DialogId of_request(const Request& request);
  auto operator<=>(const DialogId&) const = default;
};

// A dialog (RFC 3261 12): makes our requests inside it and keeps the sequence of those of the other
// side.
class Dialog {
 public:
  // 12.1.2, ours is the INVITE; also 13.2.2.4, where the 2xx sets the route set anew.
  [[nodiscard]] static Dialog as_client(const Request& invite, const Response& response);
  // 12.1.1, ours is the answer.
  [[nodiscard]] static Dialog as_server(const Request& invite, std::string local_tag);

  [[nodiscard]] const DialogId& id() const { return id_; }
  [[nodiscard]] const Uri& remote_target() const { return remote_target_; }
  [[nodiscard]] const std::vector<NameAddress>& route_set() const { return route_set_; }

  // 12.2.1.1: the next request of ours, with a CSeq of its own. Without Via and Contact.
  [[nodiscard]] Request make_request(Method method);
  // The CSeq of a request of ours that is sent anew, after a challenge.
  [[nodiscard]] std::uint32_t take_cseq() { return ++local_cseq_; }
  // 13.2.2.4: the ACK to the 2xx to the INVITE with this CSeq.
  [[nodiscard]] Request make_ack(std::uint32_t invite_cseq) const;
  // This is the dialog that `early` has become: the sequence of requests goes on (12.1.2, 13.2.2.4).
  void go_on_from(const Dialog& early);
  // 12.2.2: whether a request (not ACK, not CANCEL) of the other side is in order; false: answer
  // 500.
  [[nodiscard]] bool take_remote_cseq(std::uint32_t number);
  // A target refresh request (or the 2xx to one) may name a new remote target.
  void refresh_target(const Headers& headers);

 private:
  Dialog() = default;
  [[nodiscard]] Request request_with(Method method, std::uint32_t cseq) const;

  DialogId id_;
  NameAddress local_;   // with tag
  NameAddress remote_;  // with tag
  Uri remote_target_;
  std::vector<NameAddress> route_set_;
  std::uint32_t local_cseq_ = 0;
  std::optional<std::uint32_t> remote_cseq_;
};

}  // namespace offhook::sip
