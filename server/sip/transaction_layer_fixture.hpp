#pragma once

#include <gtest/gtest.h>

#include "sip/transaction_fixture.hpp"
#include "sip/transaction_layer.hpp"

namespace offhook::sip {

inline Flow udp_flow() {
  return {.transport = Transport::Udp,
          .connection = 0,
          .local = *Endpoint::parse("192.0.2.9:5060"),
          .remote = *Endpoint::parse("198.51.100.7:40000")};
}
inline Flow ws_flow(std::uint64_t connection) {
  Flow flow = udp_flow();
  flow.transport = Transport::Ws;
  flow.connection = connection;
  return flow;
}

class TransactionLayerTest : public testing::Test {
 protected:
  using Layer = TransactionLayer;
  using milliseconds = std::chrono::milliseconds;
  using seconds = std::chrono::seconds;

  explicit TransactionLayerTest(TransactionLayer::Limits limits = {})
      : layer(Timers{}, limits, random) {}

  // What the layer has to say, by kind.
  void drain() {
    sent.clear();
    requests.clear();
    responses.clear();
    acks.clear();
    ended.clear();
    while (auto output = layer.poll_output()) {
      std::visit(Overloaded{
                     [&](Layer::Transmit& each) { sent.push_back(each); },
                     [&](Layer::RequestArrived& each) { requests.push_back(each); },
                     [&](Layer::ResponseArrived& each) { responses.push_back(each); },
                     [&](Layer::AckArrived& each) { acks.push_back(each); },
                     [&](Layer::ClientTerminated& each) { ended.push_back(each.id); },
                 },
                 *output);
    }
  }
  void receive(const Flow& flow, const Message& message) {
    layer.handle(flow, message, now, arrival);
    drain();
  }
  ServerId accept(const Flow& flow, const Request& request) {
    receive(flow, request);
    EXPECT_EQ(requests.size(), 1U);
    return requests.at(0).id;
  }
  void respond(ServerId id, const Request& request, std::uint16_t status) {
    layer.respond(id, test_response(request, status), now);
    drain();
  }
  // Sends, and returns the request as it went out.
  Request send(const Flow& flow, Method method) {
    Request request = test_request(method);
    request.headers.via.clear();
    client = layer.send(flow, request, now);
    drain();
    EXPECT_EQ(sent.size(), 1U);
    return std::get<Request>(sent.at(0).message);
  }

  SeededRandom random{1};
  TransactionLayer layer;
  Time now = Time{} + seconds(1'000);
  Layer::Arrival arrival{.source = "somebody", .bytes = 500};  // of all that comes
  ClientId client{};
  std::vector<Layer::Transmit> sent;
  std::vector<Layer::RequestArrived> requests;
  std::vector<Layer::ResponseArrived> responses;
  std::vector<Layer::AckArrived> acks;
  std::vector<ClientId> ended;
};

}  // namespace offhook::sip
