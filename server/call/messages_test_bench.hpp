#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/limits.hpp"
#include "call/counters.hpp"
#include "call/switchboard_test_bench.hpp"

namespace offhook::call {

// The switchboard on the bench, with who writes to whom.
class MessagesBench : public SwitchboardBench {
 protected:
  void make(const Config& changed) {
    board = std::make_unique<Switchboard>(changed, random);
    ready();
  }
  TestPeer& tab() { return *browsers.at(kTab); }
  sip::Request message(const std::string& from, const std::string& to, std::string text) {
    sip::Request request;
    request.method = sip::Method::Message;
    request.uri.user = to;
    request.uri.host = "offhook.invalid";
    sip::Headers& headers = request.headers;
    headers.from.uri = *sip::Uri::parse(from);
    headers.from.set_tag("f");
    headers.to.uri = request.uri;
    headers.call_id = random.hex(8);
    headers.cseq = {1, sip::Method::Message, {}};
    headers.max_forwards = std::uint8_t{70};
    headers.content_type = "text/plain";
    request.body = std::move(text);
    return request;
  }
  void send(TestPeer& peer, sip::Request request) {
    (void)peer.agent.send_request(peer.flow, std::move(request), now);
    pump();
  }
  void write(const std::string& number = "2125550100", std::string text = "hello") {
    send(tab(), message("sip:demo@offhook.invalid", number, std::move(text)));
  }
  void write_in(const std::string& account = "100001", std::string text = "hello") {
    send(*provider, message("sip:2125550106@198.51.100.20", account, std::move(text)));
  }
  static std::vector<sip::Request> messages_at(const TestPeer& peer) {
    std::vector<sip::Request> found;
    for (const sip::Message& each : peer.received) {
      const auto* request = std::get_if<sip::Request>(&each);
      if (request != nullptr && request->method == sip::Method::Message) found.push_back(*request);
    }
    return found;
  }
  // Of a message to the usual number; sends one of a single byte.
  std::size_t longest_text() {
    constexpr std::size_t kMoreDigits = 2;  // of Content-Length
    write("2125550100", "x");
    const std::size_t size = sip::serialize(messages_at(*provider).back()).size();
    return limits::kTextRequestBytes - size - kMoreDigits + 1;
  }
  // To the newest request that this peer has got.
  void answer(TestPeer& peer, std::uint16_t status, std::vector<sip::Challenge> challenges = {}) {
    const auto arrived = peer.last<sip::RequestArrived>().value();
    auto response = sip::make_response(arrived.request, status, "t");
    (status == 407 ? response.headers.proxy_authenticate : response.headers.www_authenticate) =
        std::move(challenges);
    response.headers.contact = arrived.request.headers.contact;
    response.headers.expires = arrived.request.headers.expires;
    peer.agent.respond(arrived.id, std::move(response), now);
    pump();
  }
  // The answers to its MESSAGEs.
  static std::vector<std::uint16_t> answers_to(const TestPeer& peer) {
    std::vector<std::uint16_t> statuses;
    for (const auto& event : peer.events) {
      const auto* arrived = std::get_if<sip::ResponseArrived>(&event);
      if (arrived == nullptr) continue;
      if (arrived->response.headers.cseq.method != sip::Method::Message) continue;
      statuses.push_back(arrived->local ? 0 : arrived->response.status);
    }
    return statuses;
  }
  static sip::Response answer_to(const TestPeer& peer) {
    return peer.last<sip::ResponseArrived>().value().response;
  }
  static sip::Challenge challenge(const std::string& realm, const std::string& algorithm = "MD5",
                                  const std::string& nonce = "n") {
    sip::Challenge challenge;
    challenge.realm = realm;
    challenge.nonce = nonce;
    challenge.algorithm = algorithm;
    challenge.qop = {"auth"};
    return challenge;
  }
  std::uint64_t texts(Direction direction, std::string_view outcome) {
    const auto& counted = board->counters().texts();
    const auto found = counted.find({direction, outcome});
    return found == counted.end() ? 0 : found->second;
  }
};

}  // namespace offhook::call
