#include "provider/bindings.hpp"
#include "provider/provider_fixture.hpp"

namespace offhook::provider {
namespace {

using testing::HasSubstr;
using testing::Not;

class ProviderRegistrationTest : public ProviderTest {
 protected:
  std::string granted(int expires) {
    const auto response = authenticated(register_request("100001", expires));
    EXPECT_EQ(response.status, 200);
    if (response.headers.contact.empty()) return "none";
    return std::string(response.headers.contact[0].parameters.get("expires").value_or("absent"));
  }
};

TEST_F(ProviderRegistrationTest, ChallengesLikeChanSip) {
  (void)send(register_request());
  ASSERT_EQ(sip_from_provider.size(), 1u);
  const std::string& response = sip_from_provider[0];
  EXPECT_THAT(response, HasSubstr("SIP/2.0 401 Unauthorized\r\n"));
  EXPECT_THAT(response, testing::ContainsRegex(
                            "WWW-Authenticate: Digest algorithm=MD5, realm=\"atlanta1.voip.ms\", "
                            "nonce=\"[0-9a-f]{8}\"\r\n"));
  EXPECT_THAT(response, Not(HasSubstr("qop")));
  EXPECT_THAT(response, Not(HasSubstr("opaque")));
  EXPECT_THAT(response, HasSubstr("Server: voip.ms\r\n"));
  EXPECT_THAT(response, testing::ContainsRegex(";tag=as[0-9a-f]{8}\r\n"));
}

TEST_F(ProviderRegistrationTest, TheRightPasswordRegisters) {
  const auto response = authenticated(register_request());
  EXPECT_EQ(response.status, 200);
  ASSERT_EQ(response.headers.contact.size(), 1u);
  EXPECT_EQ(response.headers.contact[0].uri.user, "phone");
  EXPECT_EQ(response.headers.expires, seconds(300));
  EXPECT_THAT(log.back(), HasSubstr("100001 registered"));
}

TEST_F(ProviderRegistrationTest, AWrongPasswordAndAnUnknownAccountGetTheSameAnswer) {
  EXPECT_EQ(authenticated(register_request(), {"100001", "wrong"}).status, 403);
  const std::string wrong = sip_from_provider.back();
  EXPECT_EQ(authenticated(register_request("999999"), {"999999", "wrong"}).status, 403);
  const std::string unknown = sip_from_provider.back();
  const auto lines = [](const std::string& text) { return std::ranges::count(text, '\n'); };
  EXPECT_EQ(lines(wrong), lines(unknown));
}

TEST_F(ProviderRegistrationTest, AnAccountCannotRegisterAnother) {
  EXPECT_EQ(authenticated(register_request("100002")).status, 403);
}

TEST_F(ProviderRegistrationTest, ANonceIsGoodForOneAnswer) {
  const auto challenge = send(register_request());
  EXPECT_EQ(send_with_answer(register_request(), challenge, {"100001", "secret"}).status, 200);
  const auto again = send_with_answer(register_request(), challenge, {"100001", "secret"});
  EXPECT_EQ(again.status, 401);
  EXPECT_TRUE(again.headers.www_authenticate.at(0).stale);
}

TEST_F(ProviderRegistrationTest, AnAnswerForAnotherUriIsWrong) {
  const auto challenge = send(register_request());
  auto request = register_request();
  const auto credentials =
      sip::answer_challenge(challenge.headers.www_authenticate, {"100001", "secret"}, "REGISTER",
                            "sip:elsewhere.example.com", 1, random);
  request.headers.authorization = {*credentials};
  EXPECT_EQ(send(request).status, 403);
}

TEST_F(ProviderRegistrationTest, TheExpiryIsClamped) {
  EXPECT_EQ(granted(1), "60");
  EXPECT_EQ(granted(60), "60");
  EXPECT_EQ(granted(300), "300");
  EXPECT_EQ(granted(3'600), "3600");
  EXPECT_EQ(granted(100'000), "3600");
}

TEST_F(ProviderRegistrationTest, AnExpiryOfZeroOrAStarUnregisters) {
  (void)granted(300);
  EXPECT_EQ(granted(0), "none");
  EXPECT_EQ(provider.call_account("100001", "2125550106", now), "the account is not registered");

  (void)granted(300);
  auto star = register_request("100001", 0);
  star.headers.contact.clear();
  star.headers.contact_is_star = true;
  EXPECT_EQ(authenticated(star).status, 200);
  EXPECT_EQ(provider.call_account("100001", "2125550106", now), "the account is not registered");
  star.headers.expires = seconds(300);
  EXPECT_EQ(authenticated(star).status, 400);
}

TEST_F(ProviderRegistrationTest, WithoutAContactTheBindingIsOnlyTold) {
  (void)granted(300);
  auto query = register_request();
  query.headers.contact.clear();
  run_for(seconds(100));
  const auto response = authenticated(query);
  ASSERT_EQ(response.headers.contact.size(), 1u);
  EXPECT_EQ(response.headers.contact[0].parameters.get("expires"), "199");
}

TEST_F(ProviderRegistrationTest, ABindingEndsWithItsExpiry) {
  (void)granted(60);
  run_for(seconds(59));
  EXPECT_EQ(provider.call_account("100001", "2125550106", now), "");
  run_for(seconds(2));
  EXPECT_EQ(provider.call_account("100001", "2125550106", now), "the account is not registered");
}

TEST_F(ProviderRegistrationTest, TheNewestBindingWins) {
  (void)granted(300);
  phone_address = endpoint("192.0.2.2:5060");
  (void)granted(300);
  (void)provider.call_account("100001", "2125550106", now);
  run_until([this] { return count<sip::InviteReceived>() == 1; });
  EXPECT_EQ(last<sip::InviteReceived>().request.uri.host, "192.0.2.2");
  EXPECT_TRUE(sip_to_others.empty());
}

TEST_F(ProviderRegistrationTest, AMessageIsChallengedAndAccepted) {
  EXPECT_EQ(authenticated(request(sip::Method::Message)).status, 200);
  EXPECT_EQ(authenticated(request(sip::Method::Message), {"100001", "wrong"}).status, 403);
}

TEST_F(ProviderRegistrationTest, OtherRequestsAreNotImplemented) {
  EXPECT_EQ(send(request(sip::Method::Subscribe)).status, 501);
}

}  // namespace
}  // namespace offhook::provider
