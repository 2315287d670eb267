from django.apps import AppConfig


class UsersConfig(AppConfig):
    name = "users"
    verbose_name = "People"

    def ready(self) -> None:
        # It needs the app registry.
        from users import receivers  # noqa: F401 - hears of log-ins and changed secrets
