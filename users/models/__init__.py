from users.models.activity import UserActivity
from users.models.connection import ShopFollower, UserConnection, UserSocial
from users.models.impersonation import ImpersonatedRequest, Impersonation
from users.models.invitation import ShopInvitation
from users.models.member import MemberRole, ShopMember
from users.models.message import ShopMessage
from users.models.profile import UserProfile
from users.models.role import Role, UserRole
from users.models.session import UserSession
from users.models.user import User, UserStatus

__all__ = [
    "ImpersonatedRequest",
    "Impersonation",
    "MemberRole",
    "Role",
    "ShopFollower",
    "ShopInvitation",
    "ShopMember",
    "ShopMessage",
    "User",
    "UserActivity",
    "UserConnection",
    "UserProfile",
    "UserRole",
    "UserSession",
    "UserSocial",
    "UserStatus",
]
