#include "sip/digest_client.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"

namespace offhook::sip {
namespace {

class DigestClientTest : public testing::Test {
 protected:
  static Challenge challenge(const std::string& realm, const std::string& algorithm,
                             const std::string& nonce = "n", bool stale = false) {
    return {.realm = realm,
            .nonce = nonce,
            .algorithm = algorithm,
            .opaque = {},
            .qop = {"auth"},
            .stale = stale};
  }
  // The error, or "" where there are credentials now.
  std::string answer(std::vector<Challenge> challenges, std::uint16_t status = 401) {
    Response response;
    response.status = status;
    (status == 407 ? response.headers.proxy_authenticate : response.headers.www_authenticate) =
        std::move(challenges);
    const auto answered = client_.answer(response, "REGISTER", "sip:x", random_);
    return answered ? "" : answered.error().message;
  }
  void register_with(const Challenge& challenge) {
    client_.begin_attempt();
    ASSERT_EQ(answer({challenge}), "");
    client_.handle_success();
  }
  Headers written() const {
    Headers headers;
    client_.write(headers);
    return headers;
  }

  SeededRandom random_{1};
  DigestClient client_{{"100001", "secret"}, ""};
};

TEST_F(DigestClientTest, WritesNothingWhereNobodyAsked) {
  EXPECT_EQ(written(), Headers{});
  ASSERT_EQ(answer({challenge("r", "MD5")}), "");
  ASSERT_EQ(written().authorization.size(), 1U);
  EXPECT_TRUE(verify(written().authorization[0], "REGISTER", "secret"));
  client_.begin_attempt();
  EXPECT_EQ(written(), Headers{});
}

TEST_F(DigestClientTest, AnswersAProxyAndTheRegistrarBehindItTogether) {
  ASSERT_EQ(answer({challenge("proxy", "MD5")}, 407), "");
  ASSERT_EQ(answer({challenge("registrar", "MD5")}, 401), "");
  ASSERT_EQ(written().proxy_authorization.size(), 1U);
  ASSERT_EQ(written().authorization.size(), 1U);
  EXPECT_EQ(written().proxy_authorization[0].realm, "proxy");
  client_.handle_success();
  EXPECT_EQ(client_.realm(), "registrar");
}

TEST_F(DigestClientTest, AnswersOnceANonceUnlessOnlyTheNonceWasTooOld) {
  ASSERT_EQ(answer({challenge("r", "MD5", "one")}), "");
  EXPECT_EQ(answer({challenge("r", "MD5", "two")}),
            "the provider refused the user name or password");
  EXPECT_EQ(answer({challenge("r", "MD5", "one", true)}),
            "the provider refused the user name or password");
  EXPECT_EQ(answer({challenge("r", "MD5", "two", true)}), "");
  EXPECT_EQ(written().authorization.at(0).nonce, "two");
}

TEST_F(DigestClientTest, AnswersTheConfiguredRealmOnly) {
  client_ = DigestClient({"100001", "secret"}, "mine");
  EXPECT_EQ(client_.realm(), "mine");
  EXPECT_EQ(answer({challenge("theirs\r\n", "MD5")}),
            "the provider asks for credentials of the realm \"theirs\", not of \"mine\"");
  EXPECT_EQ(written(), Headers{});
  ASSERT_EQ(answer({challenge("theirs", "SHA-256"), challenge("mine", "MD5")}), "");
  EXPECT_EQ(written().authorization.at(0).realm, "mine");
  client_.handle_success();
  client_.handle_moved();
  EXPECT_EQ(client_.realm(), "mine");
}

TEST_F(DigestClientTest, GoesOnFromWhatLetTheAccountInBefore) {
  client_ = DigestClient({"100001", "secret"}, "mine", "SHA-256");
  EXPECT_EQ(client_.least_algorithm(), "SHA-256");
  EXPECT_NE(answer({challenge("mine", "MD5")}), "");
  EXPECT_EQ(answer({challenge("mine", "SHA-256")}), "");
}

TEST_F(DigestClientTest, LearnsTheRealmFromASuccessAndForgetsItAtAnotherServer) {
  ASSERT_EQ(answer({challenge("r", "MD5")}), "");
  EXPECT_EQ(client_.realm(), "");
  client_.handle_success();
  EXPECT_EQ(client_.realm(), "r");
  client_.handle_moved();
  EXPECT_EQ(client_.realm(), "");
  EXPECT_EQ(written(), Headers{});
}

TEST_F(DigestClientTest, TakesTheRealmItKnowsAmongSeveralAndOtherwiseTheFirst) {
  ASSERT_EQ(answer({challenge("one", "MD5"), challenge("two", "SHA-256")}), "");
  EXPECT_EQ(written().authorization.at(0).realm, "one");
  register_with(challenge("two", "MD5"));
  client_.begin_attempt();
  ASSERT_EQ(answer({challenge("one", "SHA-256"), challenge("two", "MD5")}), "");
  EXPECT_EQ(written().authorization.at(0).realm, "two");
}

TEST_F(DigestClientTest, DoesNotAnswerAWeakerAlgorithmThanTheOneThatLetItIn) {
  register_with(challenge("r", "SHA-256"));
  EXPECT_EQ(client_.least_algorithm(), "SHA-256");
  for (const char* weaker : {"MD5", "", "md5"}) {
    client_.begin_attempt();
    EXPECT_EQ(answer({challenge("r", weaker)}),
              "the provider asks for a weaker digest algorithm than SHA-256, which it took before");
    EXPECT_EQ(written(), Headers{});
  }
  ASSERT_EQ(answer({challenge("r", "MD5"), challenge("r", "SHA-256")}), "");
  EXPECT_EQ(written().authorization.at(0).algorithm, "SHA-256");
}

TEST_F(DigestClientTest, RemembersTheAlgorithmAtOtherServersOfTheRealm) {
  register_with(challenge("r", "SHA-512-256"));
  client_.handle_moved();
  EXPECT_NE(answer({challenge("r", "SHA-256")}), "");
  EXPECT_EQ(answer({challenge("another", "MD5")}), "");
}

TEST_F(DigestClientTest, StrongerAlgorithmsRaiseTheBar) {
  register_with(challenge("r", "MD5"));
  register_with(challenge("r", "SHA-256"));
  register_with(challenge("r", "SHA-512-256"));
  EXPECT_EQ(client_.least_algorithm(), "SHA-512-256");
}

TEST_F(DigestClientTest, AChallengeThatLedToNoSuccessLocksNobodyOut) {
  ASSERT_EQ(answer({challenge("r", "SHA-512-256")}), "");
  client_.begin_attempt();
  EXPECT_EQ(answer({challenge("r", "MD5")}), "");
  EXPECT_EQ(client_.least_algorithm(), "");
}

TEST_F(DigestClientTest, RemembersABoundedNumberOfRealms) {
  for (std::size_t i = 0; i <= limits::kDigestRealms; ++i) {
    register_with(challenge("r" + std::to_string(i), "SHA-256"));
  }
  client_.begin_attempt();
  EXPECT_NE(answer({challenge("r0", "MD5")}), "");
  EXPECT_EQ(answer({challenge("r" + std::to_string(limits::kDigestRealms), "MD5")}), "");
}

TEST_F(DigestClientTest, SaysWhatIsMissing) {
  EXPECT_TRUE(answer({}).contains("without a digest challenge"));
  EXPECT_TRUE(answer({challenge("r", "MD5-sess")}).contains("MD5-sess, which is not supported"));
}

}  // namespace
}  // namespace offhook::sip
