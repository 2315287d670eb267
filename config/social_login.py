"""Whose accounts may log in here: those of the providers that the environment names."""

from typing import Any

from config.environment import Environment


def social_providers(env: Environment) -> dict[str, Any]:
    """For allauth; a provider without its client id is not offered anywhere."""
    providers: dict[str, Any] = {}
    if env.google_client_id:
        providers["google"] = {
            "APPS": [
                {"client_id": env.google_client_id, "secret": env.google_client_secret}
            ],
            "SCOPE": ["profile", "email"],
            "OAUTH_PKCE_ENABLED": True,
        }
    if env.oidc_client_id:
        providers["openid_connect"] = {
            "APPS": [
                {
                    "provider_id": "oidc",
                    "name": env.oidc_name or "OpenID",
                    "client_id": env.oidc_client_id,
                    "secret": env.oidc_client_secret,
                    "settings": {"server_url": env.oidc_server_url},
                }
            ],
            "OAUTH_PKCE_ENABLED": True,
        }
    return providers
