"""Which types and fields of Shopify's Admin API the sandbox plays: fields by type, `*` for all that stay plain."""

from __future__ import annotations

from typing import Final

PAGE: Final = "edges nodes pageInfo"
EDGE: Final = "cursor node"
KEPT: Final = {
    "QueryRoot": (
        "order orders ordersCount orderByIdentifier refund product products productVariant productVariants "
        "inventoryItem inventoryItems inventoryLevel location locations fulfillment fulfillmentOrder "
        "fulfillmentOrders webhookSubscription webhookSubscriptions currentAppInstallation shop publicApiVersions "
        "job node nodes carrierService carrierServices customers disputes bulkOperation bulkOperations"
    ),
    "Mutation": (
        "refundCreate orderCancel tagsAdd tagsRemove orderCapture transactionVoid inventorySetQuantities "
        "inventoryAdjustQuantities fulfillmentOrderHold fulfillmentOrderReleaseHold fulfillmentOrderCancel "
        "fulfillmentOrderSubmitFulfillmentRequest fulfillmentOrderSubmitCancellationRequest "
        "fulfillmentOrderAcceptFulfillmentRequest fulfillmentCreate fulfillmentCancel webhookSubscriptionCreate "
        "webhookSubscriptionDelete orderEditBegin orderEditAddVariant orderEditSetQuantity orderEditCommit "
        "carrierServiceCreate carrierServiceUpdate carrierServiceDelete bulkOperationRunQuery"
    ),
    "Node": "id",
    "LegacyInteroperability": "legacyResourceId",
    "DisplayableError": "*",
    "PageInfo": "*",
    "Count": "*",
    "Job": "done id",
    "MoneyV2": "*",
    "MoneyBag": "*",
    "Attribute": "*",
    # -- the shop
    "Shop": (
        "id name email contactEmail myshopifyDomain url currencyCode enabledPresentmentCurrencies ianaTimezone "
        "taxesIncluded taxShipping plan primaryDomain createdAt updatedAt weightUnit orderNumberFormatPrefix "
        "timezoneAbbreviation timezoneOffset timezoneOffsetMinutes unitSystem"
    ),
    "ShopPlan": "*",
    "Domain": "id host sslEnabled url",
    "ApiVersion": "*",
    "AppInstallation": "id accessScopes app",
    "App": "id title handle apiKey",
    "AccessScope": "*",
    # -- orders
    "Order": (
        "id legacyResourceId name number createdAt updatedAt processedAt cancelledAt cancelReason cancellation "
        "closed closedAt confirmed confirmationNumber currencyCode presentmentCurrencyCode customer "
        "customerLocale customAttributes billingAddress shippingAddress displayAddress email phone note tags test "
        "sourceName sourceIdentifier app poNumber statusPageUrl discountApplications discountCode discountCodes "
        "displayFinancialStatus displayFulfillmentStatus edited fulfillable fulfillments fulfillmentsCount "
        "fulfillmentOrders fullyPaid unpaid capturable refundable restockable canMarkAsPaid lineItems "
        "nonFulfillableLineItems merchantEditable merchantEditableErrors paymentGatewayNames refunds "
        "requiresShipping retailLocation returnStatus shippingLine shippingLines taxesIncluded taxExempt taxLines "
        "currentTaxLines transactions transactionsCount subtotalLineItemsQuantity "
        "currentSubtotalLineItemsQuantity subtotalPriceSet currentSubtotalPriceSet totalPriceSet "
        "currentTotalPriceSet originalTotalPriceSet totalTaxSet currentTotalTaxSet totalDiscountsSet "
        "currentTotalDiscountsSet cartDiscountAmountSet currentCartDiscountAmountSet totalShippingPriceSet "
        "currentShippingPriceSet totalRefundedSet totalRefundedShippingSet totalReceivedSet netPaymentSet "
        "totalOutstandingSet totalCapturableSet totalTipReceivedSet refundDiscrepancySet "
        "totalCashRoundingAdjustment dutiesIncluded currentTotalDutiesSet originalTotalDutiesSet "
        "currentTotalAdditionalFeesSet originalTotalAdditionalFeesSet additionalFees totalWeight "
        "currentTotalWeight customerAcceptsMarketing disputes estimatedTaxes returns"
    ),
    "AdditionalFee": "id name price taxLines",
    "OrderConnection": PAGE,
    "OrderEdge": EDGE,
    "OrderApp": "id name",
    "OrderIdentifierInput": "id customId",
    "UniqueMetafieldValueInput": "*",
    "OrderCancellation": "*",
    "OrderDisputeSummary": "*",
    "CashRoundingAdjustment": "*",
    "Customer": (
        "id legacyResourceId displayName firstName lastName defaultEmailAddress defaultPhoneNumber locale tags "
        "state createdAt updatedAt numberOfOrders note verifiedEmail taxExempt"
    ),
    "CustomerConnection": PAGE,
    "CustomerEdge": EDGE,
    "CustomerEmailAddress": "emailAddress marketingState marketingUpdatedAt validFormat",
    "CustomerPhoneNumber": "phoneNumber",
    "MailingAddress": (
        "id address1 address2 city company country countryCodeV2 firstName lastName name phone province "
        "provinceCode zip formatted formattedArea coordinatesValidated"
    ),
    "LineItem": (
        "id name title quantity currentQuantity refundableQuantity unfulfilledQuantity nonFulfillableQuantity sku "
        "variant variantTitle product vendor requiresShipping restockable isGiftCard taxable merchantEditable "
        "customAttributes discountAllocations originalUnitPriceSet originalTotalSet discountedUnitPriceSet "
        "discountedTotalSet discountedUnitPriceAfterAllDiscountsSet totalDiscountSet unfulfilledOriginalTotalSet "
        "unfulfilledDiscountedTotalSet taxLines weight duties lineItemGroup sellingPlan "
        "priceAfterAllDiscountsBeforeTaxesSet contract"
    ),
    "SubscriptionContract": "id",
    "LineItemConnection": PAGE,
    "LineItemEdge": EDGE,
    "LineItemGroup": "id quantity title variantId variantSku productId",
    "LineItemSellingPlan": "*",
    "Duty": "id countryCodeOfOrigin harmonizedSystemCode price taxLines",
    "Weight": "*",
    "TaxLine": "*",
    "DiscountAllocation": "*",
    "DiscountApplication": "*",
    "DiscountApplicationConnection": PAGE,
    "DiscountApplicationEdge": EDGE,
    "DiscountCodeApplication": "*",
    "AutomaticDiscountApplication": "*",
    "ManualDiscountApplication": "*",
    "ScriptDiscountApplication": "*",
    "PricingValue": "",
    "PricingPercentageValue": "*",
    "ShippingLine": (
        "id title code source carrierIdentifier custom isRemoved phone deliveryCategory shippingRateHandle "
        "originalPriceSet discountedPriceSet currentDiscountedPriceSet discountAllocations taxLines"
    ),
    "ShippingLineConnection": PAGE,
    "ShippingLineEdge": EDGE,
    "OrderTransaction": (
        "id kind status gateway formattedGateway amountSet amountRoundingSet createdAt processedAt errorCode "
        "parentTransaction order test manualPaymentGateway manuallyCapturable multiCapturable maximumRefundableV2 "
        "totalUnsettledSet accountNumber paymentId paymentDetails receiptJson authorizationExpiresAt "
        "settlementCurrency settlementCurrencyRate location"
    ),
    "OrderTransactionConnection": PAGE,
    "OrderTransactionEdge": EDGE,
    "PaymentDetails": "",
    "BasePaymentDetails": "paymentMethodName",
    "CardPaymentDetails": "company number paymentMethodName wallet expirationMonth expirationYear bin name",
    "PaypalWalletPaymentDetails": "paymentMethodName",
    "Refund": (
        "id legacyResourceId createdAt processedAt updatedAt note order refundLineItems refundShippingLines "
        "orderAdjustments transactions totalRefundedSet duties return"
    ),
    "RefundDuty": "amountSet originalDuty",
    "Return": "id name status createdAt closedAt requestApprovedAt order returnLineItems totalQuantity",
    "ReturnConnection": PAGE,
    "ReturnEdge": EDGE,
    "ReturnLineItemType": "id quantity returnReasonDefinition returnReasonNote",
    "ReturnLineItemTypeConnection": PAGE,
    "ReturnLineItemTypeEdge": EDGE,
    "ReturnLineItem": "id quantity returnReasonDefinition returnReasonNote fulfillmentLineItem",
    "UnverifiedReturnLineItem": "id quantity returnReasonDefinition returnReasonNote",
    "ReturnReasonDefinition": "*",
    # -- what shoppers' banks take back
    "ShopifyPaymentsDispute": (
        "id legacyResourceId amount evidenceDueBy evidenceSentOn finalizedOn initiatedAt order reasonDetails "
        "status type"
    ),
    "ShopifyPaymentsDisputeConnection": PAGE,
    "ShopifyPaymentsDisputeEdge": EDGE,
    "ShopifyPaymentsDisputeReasonDetails": "*",
    "RefundLineItem": "id lineItem location quantity restockType restocked priceSet subtotalSet totalTaxSet",
    "RefundLineItemConnection": PAGE,
    "RefundLineItemEdge": EDGE,
    "RefundShippingLine": "*",
    "RefundShippingLineConnection": PAGE,
    "RefundShippingLineEdge": EDGE,
    "OrderAdjustment": "*",
    "OrderAdjustmentConnection": PAGE,
    "OrderAdjustmentEdge": EDGE,
    # -- what is done with orders
    "RefundInput": "*",
    "RefundDutyInput": "*",
    "RefundLineItemInput": "*",
    "RefundMethodInput": "*",
    "StoreCreditRefundInput": "*",
    "MoneyInput": "*",
    "ShippingRefundInput": "*",
    "OrderTransactionInput": "*",
    "RefundCreatePayload": "*",
    "UserError": "*",
    "OrderCancelPayload": "job orderCancelUserErrors userErrors",
    "OrderCancelUserError": "*",
    "OrderCancelRefundMethodInput": "*",
    "OrderCancelStoreCreditRefundInput": "*",
    "TagsAddPayload": "*",
    "TagsRemovePayload": "*",
    "OrderCaptureInput": "*",
    "OrderCapturePayload": "*",
    "TransactionVoidPayload": "*",
    "TransactionVoidUserError": "*",
    # -- the catalogue
    "Product": (
        "id legacyResourceId title handle vendor productType status tags description descriptionHtml createdAt "
        "updatedAt publishedAt variants variantsCount totalInventory tracksInventory hasOnlyDefaultVariant "
        "isGiftCard metafield metafields"
    ),
    "Metafield": "id legacyResourceId namespace key value jsonValue type createdAt updatedAt ownerType sizeInBytes",
    "MetafieldConnection": PAGE,
    "MetafieldEdge": EDGE,
    "ProductConnection": PAGE,
    "ProductEdge": EDGE,
    "ProductVariant": (
        "id legacyResourceId title displayName sku barcode price compareAtPrice position product inventoryItem "
        "inventoryPolicy inventoryQuantity availableForSale taxable createdAt updatedAt selectedOptions "
        "sellableOnlineQuantity requiresComponents"
    ),
    "ProductVariantConnection": PAGE,
    "ProductVariantEdge": EDGE,
    "SelectedOption": "name value",
    # -- stock
    "InventoryItem": (
        "id legacyResourceId sku tracked requiresShipping createdAt updatedAt variant variants inventoryLevel "
        "inventoryLevels locationsCount measurement countryCodeOfOrigin harmonizedSystemCode provinceCodeOfOrigin "
        "unitCost duplicateSkuCount"
    ),
    "InventoryItemConnection": PAGE,
    "InventoryItemEdge": EDGE,
    "InventoryItemMeasurement": "id weight",
    "InventoryLevel": "id item location quantities isActive canDeactivate createdAt updatedAt",
    "InventoryLevelConnection": PAGE,
    "InventoryLevelEdge": EDGE,
    "InventoryQuantity": "*",
    "Location": (
        "id legacyResourceId name isActive isPrimary isFulfillmentService fulfillsOnlineOrders shipsInventory "
        "hasActiveInventory address createdAt updatedAt inventoryLevel inventoryLevels fulfillmentService"
    ),
    "LocationConnection": PAGE,
    "LocationEdge": EDGE,
    "LocationAddress": "address1 address2 city country countryCode phone province provinceCode zip formatted",
    "FulfillmentService": (
        "id handle serviceName type inventoryManagement trackingSupport callbackUrl requiresShippingMethod location"
    ),
    "InventorySetQuantitiesInput": "*",
    "InventoryQuantityInput": "*",
    "InventorySetQuantitiesPayload": "*",
    "InventorySetQuantitiesUserError": "*",
    "InventoryAdjustQuantitiesInput": "*",
    "InventoryChangeInput": "*",
    "InventoryAdjustQuantitiesPayload": "*",
    "InventoryAdjustQuantitiesUserError": "*",
    "InventoryAdjustmentGroup": "app changes createdAt id reason referenceDocumentUri",
    "InventoryChange": "*",
    # -- fulfilment
    "FulfillmentOrder": (
        "id status requestStatus createdAt updatedAt fulfillAt fulfillBy order orderId orderName orderProcessedAt "
        "assignedLocation destination deliveryMethod fulfillmentHolds fulfillments lineItems supportedActions "
        "merchantRequests"
    ),
    "FulfillmentOrderConnection": PAGE,
    "FulfillmentOrderEdge": EDGE,
    "FulfillmentOrderAssignedLocation": "*",
    "FulfillmentOrderDestination": "*",
    "DeliveryMethod": (
        "id methodType presentedName serviceCode sourceReference minDeliveryDateTime maxDeliveryDateTime"
    ),
    "FulfillmentHold": "id displayReason handle heldByApp heldByRequestingApp reason reasonNotes",
    "FulfillmentOrderSupportedAction": "*",
    "FulfillmentOrderMerchantRequest": "*",
    "FulfillmentOrderMerchantRequestConnection": PAGE,
    "FulfillmentOrderMerchantRequestEdge": EDGE,
    "FulfillmentOrderLineItem": (
        "id lineItem totalQuantity remainingQuantity sku variant variantTitle productTitle vendor "
        "requiresShipping inventoryItemId weight"
    ),
    "FulfillmentOrderLineItemConnection": PAGE,
    "FulfillmentOrderLineItemEdge": EDGE,
    "Fulfillment": (
        "id legacyResourceId name status displayStatus createdAt updatedAt deliveredAt inTransitAt "
        "estimatedDeliveryAt order location service fulfillmentLineItems fulfillmentOrders trackingInfo "
        "totalQuantity requiresShipping events"
    ),
    "FulfillmentEvent": "id status happenedAt createdAt estimatedDeliveryAt message",
    "FulfillmentEventConnection": PAGE,
    "FulfillmentEventEdge": EDGE,
    "FulfillmentConnection": PAGE,
    "FulfillmentEdge": EDGE,
    "FulfillmentLineItem": "id lineItem quantity originalTotalSet discountedTotalSet",
    "FulfillmentLineItemConnection": PAGE,
    "FulfillmentLineItemEdge": EDGE,
    "FulfillmentTrackingInfo": "*",
    "FulfillmentInput": "*",
    "FulfillmentOrderLineItemsInput": "*",
    "FulfillmentOrderLineItemInput": "*",
    "FulfillmentOriginAddressInput": "*",
    "FulfillmentTrackingInput": "*",
    "FulfillmentCreatePayload": "*",
    "FulfillmentCancelPayload": "*",
    "FulfillmentOrderHoldInput": "*",
    "FulfillmentOrderHoldPayload": "*",
    "FulfillmentOrderHoldUserError": "*",
    "FulfillmentOrderReleaseHoldPayload": "*",
    "FulfillmentOrderReleaseHoldUserError": "*",
    "FulfillmentOrderCancelPayload": "*",
    "FulfillmentOrderCancelError": "*",
    "FulfillmentOrderSubmitFulfillmentRequestPayload": "*",
    "FulfillmentOrderSubmitCancellationRequestPayload": "*",
    "FulfillmentOrderAcceptFulfillmentRequestPayload": "*",
    # -- being told
    "WebhookSubscription": (
        "id legacyResourceId topic uri format filter includeFields name apiVersion createdAt updatedAt"
    ),
    "WebhookSubscriptionConnection": PAGE,
    "WebhookSubscriptionEdge": EDGE,
    "WebhookSubscriptionInput": "uri format filter includeFields name metafieldNamespaces callbackUrl",
    "WebhookSubscriptionCreatePayload": "*",
    "WebhookSubscriptionDeletePayload": "*",
    # -- rates
    "DeliveryCarrierService": "id name formattedName active callbackUrl supportsServiceDiscovery",
    "DeliveryCarrierServiceConnection": PAGE,
    "DeliveryCarrierServiceEdge": EDGE,
    "DeliveryCarrierServiceCreateInput": "*",
    "DeliveryCarrierServiceUpdateInput": "*",
    "CarrierServiceCreatePayload": "*",
    "CarrierServiceCreateUserError": "*",
    "CarrierServiceUpdatePayload": "*",
    "CarrierServiceUpdateUserError": "*",
    "CarrierServiceDeletePayload": "*",
    "CarrierServiceDeleteUserError": "*",
    # -- in bulk
    "BulkOperation": (
        "id status errorCode createdAt completedAt objectCount rootObjectCount fileSize url partialDataUrl query type"
    ),
    "BulkOperationConnection": PAGE,
    "BulkOperationEdge": EDGE,
    "BulkOperationRunQueryPayload": "*",
    "BulkOperationUserError": "*",
    # -- edits
    "CalculatedOrder": (
        "id originalOrder lineItems addedLineItems subtotalLineItemsQuantity subtotalPriceSet totalPriceSet "
        "totalOutstandingSet taxLines stagedChanges"
    ),
    "CalculatedLineItem": (
        "id title sku quantity editableQuantity editableQuantityBeforeChanges variant variantTitle "
        "originalUnitPriceSet discountedUnitPriceSet editableSubtotalSet uneditableSubtotalSet restockable "
        "restocking hasStagedLineItemDiscount customAttributes"
    ),
    "CalculatedLineItemConnection": PAGE,
    "CalculatedLineItemEdge": EDGE,
    "OrderStagedChange": "",
    "OrderStagedChangeConnection": PAGE,
    "OrderStagedChangeEdge": EDGE,
    "OrderStagedChangeAddVariant": "*",
    "OrderStagedChangeIncrementItem": "*",
    "OrderStagedChangeDecrementItem": "*",
    "OrderEditSession": "id",
    "OrderEditBeginPayload": "*",
    "OrderEditAddVariantPayload": "*",
    "OrderEditSetQuantityPayload": "*",
    "OrderEditCommitPayload": "*",
}
"""Connections are pages of edges and nodes."""
