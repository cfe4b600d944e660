#include "app/command_line.hpp"

#include <CLI/CLI.hpp>

#include "app/exit_status.hpp"

namespace offhook::app {

namespace {

const CLI::Validator kEndpoint(
    [](const std::string& text) {
      const auto endpoint = Endpoint::parse(text);
      return endpoint && endpoint->port != 0
                 ? std::string()
                 : "expected an address and a port, such as 127.0.0.1:15060, not " + text;
    },
    "ADDRESS:PORT");

void add_config(CLI::App& command, SettingsOptions& options) {
  command.add_option("--config", options.config_file,
                     "Configuration file; deploy/offhook.example.toml documents it");
}

void add_settings(CLI::App& command, SettingsOptions& options) {
  add_config(command, options);
  command.add_flag("--demo", options.demo,
                   "Bring a provider stand-in and a user: no account needed");
  command.add_option("--web-root", options.web_root, "Folder of the built page");
}

void add_child(CLI::App& command, ChildOptions& options) {
  command.add_option("--lifeline-fd", options.lifeline_fd,
                     "For the supervisor: end when this descriptor says a byte or ends");
  command.add_option("--secret-fd", options.secret_fd,
                     "For the supervisor: read the trunk's password from this descriptor");
}

}  // namespace

Command parse_command_line(int argc, const char* const* argv) {
  CLI::App app("Offhook: a telephone in the browser.", "offhook");
  app.set_version_flag("--version", "offhook " OFFHOOK_VERSION);
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::simple);

  ServeCommand serve;
  CLI::App* serve_app = app.add_subcommand("serve", "Start everything and keep it running");
  add_settings(*serve_app, serve.settings);

  SignalCommand signal;
  CLI::App* signal_app =
      app.add_subcommand("signal", "SIP, calls and the page alone; needs a running offhook-media");
  add_settings(*signal_app, signal.settings);
  signal_app->add_option("--control", signal.control_path, "Unix socket of offhook-media")
      ->required();
  add_child(*signal_app, signal.child);

  ProviderCommand provider;
  std::string listen(kDemoProvider);
  std::string tls_listen;
  std::string log_level = "info";
  std::string log_format = "auto";
  provider.account = kDemoAccount;
  provider.caller_id = kDemoCallerId;
  CLI::App* provider_app =
      app.add_subcommand("provider", "A stand-in for a telephone provider, with test numbers");
  provider_app->add_option("--listen", listen, "Address and port for SIP over UDP and TCP")
      ->check(kEndpoint)
      ->capture_default_str();
  provider_app->add_option("--sip-fd", provider.child.sip_fd,
                           "For the supervisor: a socket that already listens there");
  CLI::Option* tls =
      provider_app->add_option("--tls-listen", tls_listen, "Address and port for SIP over TLS")
          ->check(kEndpoint);
  for (const auto& [name, file, what] :
       {std::tuple{"--tls-certificate", &provider.tls_certificate, "Its certificate, a PEM file"},
        {"--tls-key", &provider.tls_key, "The certificate's key, a PEM file"}}) {
    tls->needs(provider_app->add_option(name, *file, what)->needs(tls));
  }
  provider_app
      ->add_flag("--tls-rsa-only", provider.tls_rsa_only,
                 "Speak TLS 1.2 with RSA key exchange only, as VoIP.ms does")
      ->needs(tls);
  provider_app->add_flag("--encrypted", provider.encrypted,
                         "Its sound is SRTP under keys in the SDP; plain RTP gets 488");
  provider_app->add_option("--account", provider.account, "The account that may register")
      ->capture_default_str();
  provider_app
      ->add_option("--caller-id", provider.caller_id, "Its caller ID; without one it cannot call")
      ->capture_default_str();
  provider_app->add_option("--password-file", provider.password_file,
                           "File with the account's password, of mode 0600");
  provider_app->add_option("--log-level", log_level)
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  provider_app->add_option("--log-format", log_format)
      ->check(CLI::IsMember({"auto", "text", "json"}))
      ->capture_default_str();
  add_child(*provider_app, provider.child);

  StatusCommand status;
  CLI::App* status_app = app.add_subcommand("status", "Tell how the running Offhook is doing");
  add_config(*status_app, status.settings);

  TraceCommand trace;
  CLI::App* trace_app =
      app.add_subcommand("trace", "Tell what the calls of the running Offhook said in SIP");
  add_config(*trace_app, trace.settings);
  CLI::Option* call = trace_app->add_option("CALL", trace.call, "Its number; without: a list")
                          ->check(CLI::TypeValidator<std::uint64_t>("NUMBER"));
  trace_app->add_option("--trunk", trace.trunk, "The registration of this trunk")->excludes(call);
  trace_app->add_flag("--messages", trace.show_messages, "Show each message, without its secrets");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // CLI11 misses the subcommand before it minds the word that should have been one.
    const std::vector<std::string> unknown = app.remaining();
    if (app.get_subcommands().empty() && !unknown.empty() && !unknown.front().starts_with('-')) {
      app.exit(CLI::ParseError("there is no command '" + unknown.front() + "'",
                               CLI::ExitCodes::ExtrasError));
      return Exit{kExitMisconfigured};
    }
    return Exit{app.exit(error) == 0 ? 0 : kExitMisconfigured};
  }
  if (serve_app->parsed()) return serve;
  if (signal_app->parsed()) return signal;
  if (status_app->parsed()) return status;
  if (trace_app->parsed()) return trace;
  provider.listen = Endpoint::parse(listen).value_or(Endpoint{});
  provider.tls_listen = Endpoint::parse(tls_listen);
  provider.log.level = parse_log_level(log_level).value_or(LogLevel::Info);
  provider.log.format = parse_log_format(log_format).value_or(LogFormat::Auto);
  return provider;
}

}  // namespace offhook::app
