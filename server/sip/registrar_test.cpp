#include "sip/registrar.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "sip/message_samples.hpp"

namespace offhook::sip {
namespace {

using namespace std::chrono_literals;

class RegistrarTest : public testing::Test {
 protected:
  static Flow flow(std::uint64_t connection) { return {Transport::Ws, connection, {}, {}}; }

  // A REGISTER of the user "demo" for this instance, with the next CSeq.
  Request request(const std::string& instance, const char* expires = "600") {
    Request request = std::get<Request>(*parse_message(samples::kSipJsRegister));
    request.headers.cseq.number = ++cseq_;
    request.headers.contact[0].uri.user = instance;
    request.headers.contact[0].parameters.set("+sip.instance", instance);
    request.headers.contact[0].parameters.set("expires", expires);
    return request;
  }
  Response handle(const Request& request, std::uint64_t connection = 1,
                  std::string_view user = "demo") {
    Response response = registrar_.handle_register(request, flow(connection), user, now_);
    EXPECT_TRUE(parse_message(serialize(response)));
    EXPECT_FALSE(response.headers.to.tag().empty());
    return response;
  }
  std::vector<std::string> instances(std::string_view user = "demo") const {
    std::vector<std::string> found;
    for (const Binding& binding : registrar_.bindings(user)) found.push_back(binding.instance);
    return found;
  }

  std::uint32_t cseq_ = 0;
  Time now_{};
  Registrar registrar_{
      Registrar::Config{.min_expires = 60s, .max_expires = 3600s, .max_devices_per_user = 3}};
};

TEST_F(RegistrarTest, BindsAPageOfSipJsAndSaysForHowLong) {
  const auto sample = std::get<Request>(*parse_message(samples::kSipJsRegister));
  const Response response = handle(sample);
  EXPECT_EQ(response.status, 200);
  ASSERT_EQ(response.headers.contact.size(), 1U);
  EXPECT_EQ(response.headers.contact[0].uri, sample.headers.contact[0].uri);
  EXPECT_EQ(response.headers.contact[0].parameters.get("expires"), "600");
  const auto device = registrar_.device(flow(1));
  ASSERT_TRUE(device);
  EXPECT_EQ(device->user, "demo");
  EXPECT_EQ(device->instance, "<urn:uuid:6c0f5e3e-7c0a-4a39-9a3b-0242ac120002>");
  EXPECT_EQ(device->expires_at, now_ + 600s);
  EXPECT_TRUE(registrar_.device("demo", device->instance));
}

TEST_F(RegistrarTest, RefusesAnotherUser) {
  EXPECT_EQ(handle(request("a"), 1, "mallory").status, 403);
  EXPECT_EQ(handle(request("a"), 1, "").status, 403);
  Request other = request("a");
  other.headers.to.uri.user = "Demo";
  EXPECT_EQ(handle(other).status, 403);
  EXPECT_EQ(registrar_.size(), 0U);
}

TEST_F(RegistrarTest, ListsAllDevicesOfTheUserWithTheTimeLeftAndNobodyElses) {
  EXPECT_EQ(handle(request("a"), 1).status, 200);
  Request theirs = request("x");
  theirs.headers.to.uri.user = "demo2";
  EXPECT_EQ(handle(theirs, 9, "demo2").headers.contact.size(), 1U);
  now_ += 10'500ms;
  const Response response = handle(request("b"), 2);
  ASSERT_EQ(response.headers.contact.size(), 2U);
  EXPECT_EQ(response.headers.contact[0].uri.user, "b");
  EXPECT_EQ(response.headers.contact[1].uri.user, "a");
  EXPECT_EQ(response.headers.contact[1].parameters.get("expires"), "590");
}

TEST_F(RegistrarTest, AnswersAQueryWithoutChangingAnything) {
  static_cast<void>(handle(request("a")));
  Request query = request("a");
  query.headers.contact.clear();
  EXPECT_EQ(handle(query, 2).headers.contact.size(), 1U);
  EXPECT_FALSE(registrar_.device(flow(2)));
}

TEST_F(RegistrarTest, MovesADeviceToItsNewFlowAtOnce) {
  static_cast<void>(handle(request("a"), 1));
  EXPECT_EQ(handle(request("a"), 2).headers.contact.size(), 1U);
  EXPECT_FALSE(registrar_.device(flow(1)));
  EXPECT_EQ(registrar_.device("demo", "a")->flow, flow(2));
  registrar_.handle_flow_lost(flow(1), now_);  // the late end of the old connection
  EXPECT_TRUE(registrar_.device(flow(2)));
}

TEST_F(RegistrarTest, TakesOneFlowForOneDevice) {
  static_cast<void>(handle(request("a"), 1));
  static_cast<void>(handle(request("b"), 1));
  EXPECT_EQ(registrar_.size(), 1U);
  EXPECT_EQ(registrar_.device(flow(1))->instance, "b");
}

TEST_F(RegistrarTest, TakesTheContactForTheInstanceWhereThereIsNone) {
  Request plain = request("a");
  plain.headers.contact[0].parameters.remove("+sip.instance");
  static_cast<void>(handle(plain));
  EXPECT_EQ(registrar_.device(flow(1))->instance, "sip:a@8hq1v2c0n6d3.invalid;transport=ws");
}

TEST_F(RegistrarTest, LosesReachabilityWithTheFlowAndTheBindingWithTheExpiry) {
  static_cast<void>(handle(request("a"), 1));
  registrar_.handle_flow_lost(flow(1), now_);
  EXPECT_TRUE(registrar_.bindings("demo").empty());
  EXPECT_FALSE(registrar_.device(flow(1)));
  EXPECT_FALSE(registrar_.device("demo", "a"));
  EXPECT_EQ(registrar_.size(), 1U);
  EXPECT_EQ(registrar_.next_timeout(), now_ + 600s);
  registrar_.handle_timeout(now_ + 600s - 1ns);
  EXPECT_EQ(registrar_.size(), 1U);
  registrar_.handle_timeout(now_ + 600s);
  EXPECT_EQ(registrar_.size(), 0U);
  EXPECT_FALSE(registrar_.next_timeout());
}

TEST_F(RegistrarTest, RefreshMovesTheExpiryAndKeepsTheOrder) {
  static_cast<void>(handle(request("a"), 1));
  static_cast<void>(handle(request("b"), 2));
  now_ += 300s;
  static_cast<void>(handle(request("a"), 1));
  EXPECT_THAT(instances(), testing::ElementsAre("b", "a"));
  registrar_.handle_timeout(now_ + 300s);
  EXPECT_THAT(instances(), testing::ElementsAre("a"));
}

TEST_F(RegistrarTest, NewestFlowComesFirst) {
  static_cast<void>(handle(request("a"), 1));
  static_cast<void>(handle(request("b"), 2));
  static_cast<void>(handle(request("a"), 3));
  EXPECT_THAT(instances(), testing::ElementsAre("a", "b"));
}

TEST_F(RegistrarTest, ExpiresZeroRemovesTheDevice) {
  static_cast<void>(handle(request("a"), 1));
  static_cast<void>(handle(request("b"), 2));
  EXPECT_EQ(handle(request("a", "0"), 1).headers.contact.size(), 1U);
  EXPECT_FALSE(registrar_.device(flow(1)));
  EXPECT_EQ(handle(request("unknown", "0"), 1).status, 200);
}

TEST_F(RegistrarTest, GoodbyeOverTheOldFlowDoesNotRemoveADeviceThatHasMoved) {
  static_cast<void>(handle(request("a"), 1));
  static_cast<void>(handle(request("a"), 2));
  EXPECT_EQ(handle(request("a", "0"), 1).headers.contact.size(), 1U);
  EXPECT_EQ(registrar_.device("demo", "a")->flow, flow(2));
  registrar_.handle_flow_lost(flow(2), now_);
  EXPECT_EQ(handle(request("a", "0"), 3).headers.contact.size(), 0U);
}

TEST_F(RegistrarTest, KeepsSeveralDevicesOfAUserApartByTheirInstance) {
  for (std::uint64_t i = 1; i <= 3; ++i) {
    Request same_contact = request(std::to_string(i));
    same_contact.headers.contact[0].uri.user = "phone";
    static_cast<void>(handle(same_contact, i));
  }
  EXPECT_EQ(registrar_.bindings("demo").size(), 3U);
  Request moved = request("2");
  moved.headers.contact[0].uri.host = "elsewhere.invalid";
  EXPECT_EQ(handle(moved, 9).headers.contact.size(), 3U);
  EXPECT_EQ(registrar_.device("demo", "2")->contact.uri.host, "elsewhere.invalid");
  EXPECT_EQ(registrar_.device("demo", "2")->flow, flow(9));
  EXPECT_EQ(registrar_.device("demo", "1")->flow, flow(1));
  EXPECT_EQ(registrar_.device("demo", "3")->flow, flow(3));
}

TEST_F(RegistrarTest, TakesAnExpiredDeviceForGoneAtOnce) {
  static_cast<void>(handle(request("a", "60"), 1));
  now_ += 60s;
  EXPECT_EQ(handle(request("b"), 2).headers.contact.size(), 1U);
  EXPECT_FALSE(registrar_.device("demo", "a"));
  registrar_.handle_flow_lost(flow(1), now_);
  EXPECT_EQ(registrar_.size(), 1U);
}

TEST_F(RegistrarTest, StarWithExpiresZeroRemovesAllDevicesOfTheUser) {
  static_cast<void>(handle(request("a"), 1));
  static_cast<void>(handle(request("b"), 2));
  Request star = request("a");
  star.headers.contact.clear();
  star.headers.contact_is_star = true;
  EXPECT_EQ(handle(star).status, 400);
  star.headers.expires = 60s;
  EXPECT_EQ(handle(star).status, 400);
  EXPECT_EQ(registrar_.size(), 2U);
  star.headers.expires = 0s;
  EXPECT_EQ(handle(star).status, 200);
  EXPECT_EQ(registrar_.size(), 0U);
  EXPECT_FALSE(registrar_.next_timeout());
}

TEST_F(RegistrarTest, RefusesAnExpiryBelowTheMinimumAndShortensOneAboveTheMaximum) {
  const Response brief = handle(request("a", "59"));
  EXPECT_EQ(brief.status, 423);
  EXPECT_EQ(brief.headers.min_expires, 60s);
  EXPECT_EQ(registrar_.size(), 0U);
  EXPECT_EQ(handle(request("a", "60")).status, 200);
  EXPECT_EQ(handle(request("a", "4294967295")).headers.contact.at(0).parameters.get("expires"),
            "3600");
}

TEST_F(RegistrarTest, TakesTheHeadersExpiryWhereTheContactHasNone) {
  Request plain = request("a");
  plain.headers.contact[0].parameters.remove("expires");
  EXPECT_EQ(handle(plain).headers.contact.at(0).parameters.get("expires"), "3600");
  plain.headers.expires = 120s;
  plain.headers.cseq.number = ++cseq_;
  EXPECT_EQ(handle(plain).headers.contact.at(0).parameters.get("expires"), "120");
  EXPECT_EQ(handle(request("a", "soon")).headers.contact.at(0).parameters.get("expires"), "3600");
}

TEST_F(RegistrarTest, RefusesAnUpdateThatWasOvertaken) {
  const Request old = request("a", "0");
  static_cast<void>(handle(request("a")));
  EXPECT_EQ(handle(old).status, 500);
  EXPECT_EQ(registrar_.size(), 1U);
  Request reloaded = old;
  reloaded.headers.call_id = "after-reload";
  EXPECT_EQ(handle(reloaded).status, 200);
  EXPECT_EQ(registrar_.size(), 0U);
}

TEST_F(RegistrarTest, RefusesOneDeviceTooMany) {
  for (std::uint64_t i = 1; i <= 3; ++i)
    EXPECT_EQ(handle(request(std::to_string(i)), i).status, 200);
  EXPECT_EQ(handle(request("4"), 4).status, 403);
  EXPECT_EQ(handle(request("3"), 4).status, 200);
  EXPECT_EQ(registrar_.size(), 3U);
}

TEST_F(RegistrarTest, MakesRoomByForgettingTheOldestUnreachableDevice) {
  const Request overtaken = request("2");
  for (std::uint64_t i = 1; i <= 3; ++i) static_cast<void>(handle(request(std::to_string(i)), i));
  registrar_.handle_flow_lost(flow(2), now_);
  registrar_.handle_flow_lost(flow(1), now_);
  EXPECT_EQ(handle(request("4"), 4).status, 200);
  EXPECT_EQ(handle(overtaken, 5).status, 500);  // 2 is still there
  EXPECT_EQ(handle(request("2"), 5).headers.contact.size(), 3U);
  EXPECT_THAT(instances(), testing::ElementsAre("2", "4", "3"));
}

TEST_F(RegistrarTest, RefusesSeveralContactsAndALongInstance) {
  Request two = request("a");
  two.headers.contact.push_back(two.headers.contact[0]);
  EXPECT_EQ(handle(two).status, 400);
  EXPECT_EQ(handle(request(std::string(limits::kSipInstanceBytes, 'x'))).status, 200);
  EXPECT_EQ(handle(request(std::string(limits::kSipInstanceBytes + 1, 'x'))).status, 400);
}

TEST_F(RegistrarTest, RefusesExtensionsThatAreRequired) {
  Request demanding = request("a");
  demanding.headers.require = {"path", "x"};
  const Response response = handle(demanding);
  EXPECT_EQ(response.status, 420);
  EXPECT_EQ(response.headers.unsupported, demanding.headers.require);
}

}  // namespace
}  // namespace offhook::sip
