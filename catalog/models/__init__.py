from catalog.models.brand import Brand
from catalog.models.category import Category
from catalog.models.history import PriceChange, ProductView
from catalog.models.image import Hue, ProductImage
from catalog.models.product import (
    Product,
    ProductAddress,
    ProductStatus,
    ProductTag,
    RetiredProduct,
    Tag,
)
from catalog.models.review import (
    ProductBuyer,
    ProductReview,
    ReportReason,
    ReviewImage,
    ReviewReport,
    ReviewVote,
)
from catalog.models.stock import (
    InventoryLog,
    LowStockLine,
    LowStockNotice,
    StockAlert,
    StockReason,
    StockReservation,
)
from catalog.models.variant import InventoryPolicy, ProductVariant
from catalog.models.view import SavedView
from catalog.models.wishlist import Wishlist, WishlistItem

__all__ = [
    "Brand",
    "Category",
    "Hue",
    "InventoryLog",
    "InventoryPolicy",
    "LowStockLine",
    "LowStockNotice",
    "PriceChange",
    "Product",
    "ProductAddress",
    "ProductBuyer",
    "ProductImage",
    "ProductReview",
    "ProductStatus",
    "ProductTag",
    "ProductVariant",
    "ProductView",
    "ReportReason",
    "RetiredProduct",
    "ReviewImage",
    "ReviewReport",
    "ReviewVote",
    "SavedView",
    "StockAlert",
    "StockReason",
    "StockReservation",
    "Tag",
    "Wishlist",
    "WishlistItem",
]
