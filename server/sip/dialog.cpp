#include "sip/dialog.hpp"

#include <algorithm>
#include <utility>

namespace offhook::sip {

DialogId DialogId::of_request(const Request& request) {
  return {.call_id = request.headers.call_id,
          .local_tag = std::string(request.headers.to.tag()),
          .remote_tag = std::string(request.headers.from.tag())};
}

Dialog Dialog::as_client(const Request& invite, const Response& response) {
  Dialog dialog;
  dialog.id_ = {.call_id = invite.headers.call_id,
                .local_tag = std::string(invite.headers.from.tag()),
                .remote_tag = std::string(response.headers.to.tag())};
  dialog.local_ = invite.headers.from;
  dialog.remote_ = response.headers.to;
  dialog.remote_target_ = invite.uri;  // where a peer forgets its Contact
  dialog.refresh_target(response.headers);
  dialog.route_set_ = response.headers.record_route;
  std::ranges::reverse(dialog.route_set_);
  dialog.local_cseq_ = invite.headers.cseq.number;
  return dialog;
}

Dialog Dialog::as_server(const Request& invite, std::string local_tag) {
  Dialog dialog;
  dialog.id_ = {.call_id = invite.headers.call_id,
                .local_tag = local_tag,
                .remote_tag = std::string(invite.headers.from.tag())};
  dialog.local_ = invite.headers.to;
  dialog.local_.set_tag(std::move(local_tag));
  dialog.remote_ = invite.headers.from;
  dialog.remote_target_ = invite.headers.from.uri;
  dialog.refresh_target(invite.headers);
  dialog.route_set_ = invite.headers.record_route;
  dialog.remote_cseq_ = invite.headers.cseq.number;
  return dialog;
}

Request Dialog::request_with(Method method, std::uint32_t cseq) const {
  Request request;
  request.method = method;
  request.headers.from = local_;
  request.headers.to = remote_;
  request.headers.call_id = id_.call_id;
  request.headers.cseq = {cseq, method, {}};
  request.headers.max_forwards = 70;
  request.uri = remote_target_;
  request.headers.route = route_set_;
  if (!route_set_.empty() && !route_set_.front().uri.parameters.has("lr")) {
    // A strict router (12.2.1.1): the Request-URI names it, and the target goes to the end of the
    // route.
    request.uri = route_set_.front().uri;
    request.uri.parameters.remove("method");
    NameAddress target;
    target.uri = remote_target_;
    request.headers.route.erase(request.headers.route.begin());
    request.headers.route.push_back(std::move(target));
  }
  return request;
}

Request Dialog::make_request(Method method) { return request_with(method, take_cseq()); }

Request Dialog::make_ack(std::uint32_t invite_cseq) const {
  return request_with(Method::Ack, invite_cseq);
}

void Dialog::go_on_from(const Dialog& early) {
  local_cseq_ = std::max(local_cseq_, early.local_cseq_);
  remote_cseq_ = early.remote_cseq_;
}

bool Dialog::take_remote_cseq(std::uint32_t number) {
  if (remote_cseq_ && number < *remote_cseq_) return false;
  remote_cseq_ = number;
  return true;
}

void Dialog::refresh_target(const Headers& headers) {
  if (!headers.contact.empty()) remote_target_ = headers.contact.front().uri;
}

}  // namespace offhook::sip
